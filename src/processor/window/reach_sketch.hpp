// HyperLogLog registers of one set of users, with the memory of which rose since they were last
// taken. Small sets are a little hash table of their registers, large ones an array of all. Owned
// by one thread. Source: Flajolet et al. 2007; sparse form as in Heule et al. 2013, simplified.
#pragma once

#include <cstdint>
#include <vector>

namespace adbacus {

class ReachSketch {
 public:
  static constexpr unsigned kPrecision = 12;  // 4,096 registers, standard error 1.6 %
  static constexpr std::size_t kRegisters = 1U << kPrecision;

  // Takes in a hash of 64 good bits. True if it is the first register to rise since take().
  bool add(std::uint64_t hash);
  // Appends `index << 8 | rank` of every register that rose since the last call, sorted.
  void take(std::vector<std::uint32_t>& out);
  std::size_t bytes() const { return dense_.capacity() + sparse_.capacity() * 4; }
  // Starts the memory access of add(). Inlined by force: g++ takes a call that only prefetches for
  // pure and drops it.
  [[gnu::always_inline]] void prefetch(std::uint64_t hash) const {
    const std::size_t index = hash >> (64U - kPrecision);
    if (!dense_.empty()) {
      __builtin_prefetch(&dense_[index], 1);
    } else if (!sparse_.empty()) {
      __builtin_prefetch(&sparse_[index & (sparse_.size() - 1)], 1);
    }
  }

 private:
  static constexpr std::size_t kSparseMin = 8;
  static constexpr std::size_t kSparseMax = 512;  // slots; half the bytes of the array
  static constexpr std::uint8_t kRose = 0x80;     // beside a rank, which is at most 53

  bool add_sparse(std::uint32_t index, std::uint8_t rank);
  bool add_dense(std::uint32_t index, std::uint8_t rank);
  void take_dense(std::vector<std::uint32_t>& out);
  std::uint32_t& slot_of(std::uint32_t index);
  void grow();

  // Each slot is index << 8 | kRose? | rank; 0 = free. Open addressing, at most 3/4 full.
  std::vector<std::uint32_t> sparse_;
  std::vector<std::uint8_t> dense_;  // kRose? | rank; empty while the set is small
  std::uint32_t used_ = 0;           // of sparse_
  std::uint32_t rose_ = 0;           // registers that rose since take()
};

}  // namespace adbacus
