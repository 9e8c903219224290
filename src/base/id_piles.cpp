#include "base/id_piles.hpp"

#include <cassert>

#include "base/id_spread.hpp"

namespace adbacus {

IdPiles::IdPiles(unsigned bits) : bits_(bits), piles_(std::size_t{1} << bits) {
  assert(bits <= kBitsMax);
}

PackedId* IdPiles::new_block() {
  if (slab_used_ids_ + kBlockIds > kSlabBytes / sizeof(PackedId)) {
    slabs_.emplace_back(kSlabBytes);
    slab_used_ids_ = 0;
  }
  PackedId* block = static_cast<PackedId*>(slabs_.back().data()) + slab_used_ids_;
  slab_used_ids_ += kBlockIds;
  return block;
}

void IdPiles::add(std::span<const Hash128> keys, std::uint32_t period) {
  for (const Hash128& key : keys) {
    Pile& pile =
        piles_[bits_ == 0 ? 0 : static_cast<std::size_t>(id_spread(key.high) >> (64 - bits_))];
    const std::size_t in_block = pile.size % kBlockIds;
    if (in_block == 0) pile.blocks.push_back(new_block());
    if (pile.starts.empty() || pile.starts.back().period != period) {
      pile.starts.push_back({pile.size, period});
    }
    pile.blocks.back()[in_block] = PackedId::of(key);
    ++pile.size;
  }
  size_ += keys.size();
}

}  // namespace adbacus
