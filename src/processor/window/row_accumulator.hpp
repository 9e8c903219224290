// Sums counter deltas per (series, period, slice) between two flushes. The row an event needs is
// nearly always the one its series used last, or the series' first since the flush: both are found
// without a hash. Owned by the fold of one shard.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "store/rollup.hpp"

namespace adbacus {

class RowAccumulator {
 public:
  // `slot` is the series' dense number (SeriesCache). The counters are valid until the next call of
  // row() or take().
  Counters& row(SeriesId series, std::uint32_t slot, Period period, Slice slice) {
    if (slot >= last_.size()) last_.resize(slot + slot / 2 + 64);
    Last& last = last_[slot];
    if (last.generation != generation_) {
      last = {generation_, static_cast<std::uint32_t>(rows_.size()), period, slice};
      rows_.push_back({series, period, slice, {}});
      return rows_.back().counters;
    }
    if (last.period == period && last.slice == slice) return rows_[last.index].counters;
    return find(series, slot, period, slice);
  }

  // Starts the memory accesses of row() for this slot: first prefetch_slot(), later prefetch_row().
  // Inlined by force, as ReachSketch::prefetch().
  [[gnu::always_inline]] void prefetch_slot(std::uint32_t slot) const {
    if (slot < last_.size()) __builtin_prefetch(&last_[slot], 1);
  }
  [[gnu::always_inline]] void prefetch_row(std::uint32_t slot) const {
    if (slot >= last_.size() || last_[slot].generation != generation_) return;
    const char* row = reinterpret_cast<const char*>(&rows_[last_[slot].index]);
    __builtin_prefetch(row, 1);
    __builtin_prefetch(row + 64, 1);
  }

  // The rows since the last take(), in the order of first use; starts anew.
  std::vector<RollupRow> take();
  std::size_t size() const { return rows_.size(); }

 private:
  struct Last {
    std::uint32_t generation = 0;
    std::uint32_t index = 0;
    Period period = 0;
    Slice slice = Slice::counted_valid;
  };
  struct Key {
    std::uint32_t slot;
    Period period;
    Slice slice;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
  };
  Counters& find(SeriesId series, std::uint32_t slot, Period period, Slice slice);

  std::vector<RollupRow> rows_;
  std::vector<Last> last_;        // by slot
  std::uint32_t generation_ = 1;  // of rows_; an older Last is void
  // Rows of slots that have several; the one a slot used last may be missing here.
  std::unordered_map<Key, std::uint32_t, KeyHash> index_;
};

}  // namespace adbacus
