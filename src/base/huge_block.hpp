// A block of zeroed memory that asks for huge pages, for tables that are read at random: with
// 4 KiB pages such a read pays a TLB miss on top of the cache miss. Blocks of a multiple of 2 MiB
// are aligned to 2 MiB; smaller ones to a page. Owned by one thread.
#pragma once

#include <cstddef>

namespace adbacus {

class HugeBlock {
 public:
  HugeBlock() = default;
  // Terminates the process if the machine has no memory left, as operator new would.
  explicit HugeBlock(std::size_t size_bytes);
  ~HugeBlock();
  HugeBlock(HugeBlock&& other) noexcept;
  HugeBlock& operator=(HugeBlock&& other) noexcept;

  void* data() const { return data_; }
  std::size_t size_bytes() const { return size_bytes_; }

 private:
  void* data_ = nullptr;
  std::size_t size_bytes_ = 0;
};

}  // namespace adbacus
