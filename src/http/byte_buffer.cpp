#include "http/byte_buffer.hpp"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <cstring>

namespace adbacus::http {

namespace {
constexpr std::size_t kFirstCapacity = 64 * 1024;
}

bool ByteBudget::take(std::size_t bytes) {
  const std::size_t before = used_.fetch_add(bytes, std::memory_order_relaxed);
  if (before + bytes <= bytes_max_) return true;
  give_back(bytes);
  return false;
}

bool ByteBuffer::make_room(std::size_t bytes, std::size_t size_max) {
  assert(size_ + bytes <= size_max);
  if (capacity_ - size_ >= bytes) return true;
  std::size_t wanted = std::max(kFirstCapacity, capacity_ * 2);
  wanted = std::max(std::min(wanted, size_max), size_ + bytes);
  if (!budget_.take(wanted - capacity_)) return false;
  auto* moved = static_cast<char*>(std::realloc(data_, wanted));
  if (moved == nullptr) {
    budget_.give_back(wanted - capacity_);
    return false;
  }
  data_ = moved;
  capacity_ = wanted;
  return true;
}

bool ByteBuffer::append(std::string_view bytes, std::size_t size_max) {
  if (bytes.empty()) return true;
  if (!make_room(bytes.size(), size_max)) return false;
  std::memcpy(data_ + size_, bytes.data(), bytes.size());
  size_ += bytes.size();
  return true;
}

void ByteBuffer::release() {
  std::free(data_);
  budget_.give_back(capacity_);
  data_ = nullptr;
  size_ = capacity_ = 0;
}

}  // namespace adbacus::http
