#include "processor/window/row_accumulator.hpp"

#include <utility>

namespace adbacus {

std::size_t RowAccumulator::KeyHash::operator()(const Key& key) const {
  std::uint64_t h = key.slot;
  h = (h << 32U) ^
      (static_cast<std::uint32_t>(key.period) * 16ULL + static_cast<std::uint64_t>(key.slice));
  h *= 0x9e3779b97f4a7c15ULL;
  return static_cast<std::size_t>(h ^ (h >> 29U));
}

// The slot has a row, but for another period or slice. That row goes into the index before the
// slot's memory of it is replaced, so every row is found by one of the two.
Counters& RowAccumulator::find(SeriesId series, std::uint32_t slot, Period period, Slice slice) {
  Last& last = last_[slot];
  index_.try_emplace(Key{slot, last.period, last.slice}, last.index);
  const auto [found, inserted] =
      index_.try_emplace(Key{slot, period, slice}, static_cast<std::uint32_t>(rows_.size()));
  if (inserted) rows_.push_back({series, period, slice, {}});
  last = {generation_, found->second, period, slice};
  return rows_[found->second].counters;
}

std::vector<RollupRow> RowAccumulator::take() {
  std::vector<RollupRow> rows = std::exchange(rows_, {});
  rows_.reserve(rows.size());
  index_.clear();
  ++generation_;
  return rows;
}

}  // namespace adbacus
