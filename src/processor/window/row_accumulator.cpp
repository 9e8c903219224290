#include "processor/window/row_accumulator.hpp"

#include <utility>

namespace adbacus {

std::size_t RowAccumulator::KeyHash::operator()(const Key& key) const {
  std::uint64_t h = key.series;
  h = (h << 32U) ^
      (static_cast<std::uint32_t>(key.period) * 16ULL + static_cast<std::uint64_t>(key.slice));
  h *= 0x9e3779b97f4a7c15ULL;
  return static_cast<std::size_t>(h ^ (h >> 29U));
}

Counters& RowAccumulator::find(SeriesId series, std::uint32_t slot, Period period, Slice slice) {
  const auto [found, inserted] =
      index_.try_emplace(Key{series, period, slice}, static_cast<std::uint32_t>(rows_.size()));
  if (inserted) rows_.push_back({series, period, slice, {}});
  last_[slot] = {generation_, found->second, period, slice};
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
