// Sums counter deltas per (series, period, slice) between two flushes. The row an event needs is
// nearly always the one its series used last, so that row is remembered per series; anything else
// goes through a hash table. Owned by the fold of one shard.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "store/rollup.hpp"

namespace adbacus {

class RowAccumulator {
 public:
  // The counters of a row, valid until the next call of row() or take().
  Counters& row(SeriesId series, std::uint32_t slot, Period period, Slice slice) {
    if (slot >= last_.size()) last_.resize(slot + slot / 2 + 64);
    Last& last = last_[slot];
    if (last.generation == generation_ && last.period == period && last.slice == slice) {
      return rows_[last.index].counters;
    }
    return find(series, slot, period, slice);
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
    SeriesId series;
    Period period;
    Slice slice;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
  };
  Counters& find(SeriesId series, std::uint32_t slot, Period period, Slice slice);

  std::vector<RollupRow> rows_;
  std::vector<Last> last_;        // by the series' slot
  std::uint32_t generation_ = 1;  // of rows_; an older Last is void
  std::unordered_map<Key, std::uint32_t, KeyHash> index_;
};

}  // namespace adbacus
