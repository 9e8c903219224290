#include "base/huge_block.hpp"

#include <cstdint>
#include <new>
#include <sys/mman.h>
#include <utility>

namespace adbacus {
namespace {

constexpr std::size_t kHugePageBytes = std::size_t{2} << 20U;

void* map_zeroed(std::size_t size_bytes) {
  void* at =
      ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) throw std::bad_alloc();
  return at;
}

// Maps one huge page more than needed and gives the unaligned ends back.
void* map_aligned(std::size_t size_bytes) {
  auto* raw = static_cast<std::byte*>(map_zeroed(size_bytes + kHugePageBytes));
  const std::size_t past = reinterpret_cast<std::uintptr_t>(raw) % kHugePageBytes;
  const std::size_t head = past == 0 ? 0 : kHugePageBytes - past;
  if (head > 0) ::munmap(raw, head);
  if (head < kHugePageBytes) ::munmap(raw + head + size_bytes, kHugePageBytes - head);
  ::madvise(raw + head, size_bytes, MADV_HUGEPAGE);  // only advice: 4 KiB pages work too
  return raw + head;
}

}  // namespace

HugeBlock::HugeBlock(std::size_t size_bytes)
    : data_(size_bytes % kHugePageBytes == 0 ? map_aligned(size_bytes) : map_zeroed(size_bytes)),
      size_bytes_(size_bytes) {}

HugeBlock::~HugeBlock() {
  if (data_ != nullptr) ::munmap(data_, size_bytes_);
}

HugeBlock::HugeBlock(HugeBlock&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_bytes_(std::exchange(other.size_bytes_, 0)) {}

HugeBlock& HugeBlock::operator=(HugeBlock&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_bytes_, other.size_bytes_);
  return *this;
}

}  // namespace adbacus
