// Chance in proportion to integer weights, exactly: an alias table (Walker 1977, built as Vose 1991
// does) over all items, from which one draws in constant time, again until an allowed one comes.
// Built once per snapshot, then read-only and thread-safe; the generator belongs to the caller.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/rng.hpp"
#include "decision/item_bits.hpp"

namespace adbacus {

class WeightedChoice {
 public:
  // The sum of the weights, times their number, must be below 2^64. An item without weight never
  // comes.
  explicit WeightedChoice(std::span<const std::uint64_t> weights);

  // One of the allowed items, each with the chance of its weight among theirs; nullopt if none of
  // them has weight. `allowed` has one bit for each weight.
  std::optional<std::size_t> draw(Rng& rng, const ItemBits& allowed) const;

 private:
  struct Column {
    std::uint64_t own = 0;  // below this, of total_: the column's own item, else `other`
    std::uint32_t other = 0;
  };
  std::size_t draw_any(Rng& rng) const;
  std::optional<std::size_t> draw_by_scan(Rng& rng, const ItemBits& allowed) const;

  std::vector<std::uint64_t> weights_;
  std::uint64_t total_ = 0;
  std::vector<Column> columns_;
};

}  // namespace adbacus
