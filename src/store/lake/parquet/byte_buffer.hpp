// Growing bytes that are not cleared before they are written, for the Parquet encoders. Belongs to
// one thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace adbacus {

class ByteBuffer {
 public:
  // `size` more bytes at the end, uninitialised; earlier pointers become invalid.
  char* extend(std::size_t size) {
    if (capacity_ - size_ < size) grow(size);
    char* out = bytes_.get() + size_;
    size_ += size;
    return out;
  }
  void truncate(std::size_t size) { size_ = size; }
  void append(std::string_view bytes) {
    if (!bytes.empty()) std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
  }
  void put_byte(unsigned value) { *extend(1) = static_cast<char>(value); }
  template <class T>
  void put(T value) {  // little-endian, as the machine has it
    std::memcpy(extend(sizeof value), &value, sizeof value);
  }
  void put_varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) put_byte(static_cast<unsigned>(value & 0x7fU) | 0x80U);
    put_byte(static_cast<unsigned>(value));
  }
  char* data() { return bytes_.get(); }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }
  void clear() { size_ = 0; }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  void grow(std::size_t size) {
    const std::size_t wanted = std::max({size_ + size, capacity_ * 2, std::size_t{64}});
    auto bytes = std::make_unique_for_overwrite<char[]>(wanted);
    if (size_ > 0) std::memcpy(bytes.get(), bytes_.get(), size_);
    bytes_ = std::move(bytes);
    capacity_ = wanted;
  }
  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace adbacus
