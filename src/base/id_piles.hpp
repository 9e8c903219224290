// Ids on their way back into an IdWindow after a restart, piled up by the part of the window they
// belong to: a pile's keys go into a few segments, which stay in a core's cache meanwhile, and
// different piles can go in on different threads. One thread fills; then several may read.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/hash.hpp"
#include "base/huge_block.hpp"

namespace adbacus {

// What a window compares of a key, in 12 bytes: all of high, bits 0-23 and 56-63 of low.
struct PackedId {
  std::uint32_t high_half[2] = {};  // low half first
  std::uint32_t low = 0;

  static PackedId of(const Hash128& key) {
    return {{static_cast<std::uint32_t>(key.high), static_cast<std::uint32_t>(key.high >> 32U)},
            static_cast<std::uint32_t>(key.low & 0xffffffU) |
                static_cast<std::uint32_t>(key.low >> 56U << 24U)};
  }
  // The same key for a window; the bits that no window looks at are 0.
  Hash128 key() const {
    return {(low & 0xffffffU) | std::uint64_t{low >> 24U} << 56U,
            high_half[0] | std::uint64_t{high_half[1]} << 32U};
  }
};
static_assert(sizeof(PackedId) == 12);

class IdPiles {
 public:
  static constexpr unsigned kBitsMax = 10;

  // 2^bits piles by the top bits of id_spread(Hash128::high).
  explicit IdPiles(unsigned bits);

  void add(std::span<const Hash128> keys, std::uint32_t period);
  std::size_t size() const { return size_; }
  unsigned bits() const { return bits_; }

  // A pile's ids in the order in which they came, in runs: visit(ids, period).
  template <class Visit>
  void visit(std::size_t pile, Visit visit) const {
    const Pile& p = piles_[pile];
    for (std::size_t i = 0; i < p.starts.size(); ++i) {
      const std::size_t end = i + 1 < p.starts.size() ? p.starts[i + 1].first : p.size;
      for (std::size_t at = p.starts[i].first; at < end;) {
        const std::size_t in_block = at % kBlockIds;
        const std::size_t count = std::min(end - at, kBlockIds - in_block);
        visit(std::span<const PackedId>(p.blocks[at / kBlockIds] + in_block, count),
              p.starts[i].period);
        at += count;
      }
    }
  }

 private:
  static constexpr std::size_t kBlockIds = 128;
  static constexpr std::size_t kSlabBytes = std::size_t{2} << 20U;
  struct Start {
    std::size_t first;
    std::uint32_t period;
  };
  struct Pile {
    std::vector<PackedId*> blocks = {};
    std::size_t size = 0;
    std::vector<Start> starts = {};  // where another period begins
  };
  PackedId* new_block();

  unsigned bits_;
  std::size_t size_ = 0;
  std::vector<Pile> piles_;
  std::vector<HugeBlock> slabs_;
  std::size_t slab_used_ids_ = kSlabBytes / sizeof(PackedId);
};

}  // namespace adbacus
