// Distinct users per traffic series and UTC hour, as HyperLogLog registers that rose since the last
// take(). Merging is by maximum, so emitting a register again after a restart changes nothing and
// the window needs no recovery. Memory is bounded: beyond the cap all sketches are dropped and
// simply start over. Owned by one thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "processor/window/reach_sketch.hpp"
#include "store/fact_batch.hpp"

namespace adbacus {

class ReachWindow {
 public:
  static std::uint64_t hash_of(std::string_view packed_user_id);
  // Start the memory accesses of add(), one after the other: each reads what the one before
  // fetched. `slot` is the series' dense number (SeriesCache).
  void prefetch_entry(std::uint32_t slot) const {
    if (slot < last_.size() && last_[slot] != 0) __builtin_prefetch(&entries_[last_[slot] - 1], 1);
  }
  [[gnu::always_inline]] void prefetch_register(std::uint32_t slot, std::uint64_t user_hash) const {
    if (slot < last_.size() && last_[slot] != 0)
      entries_[last_[slot] - 1].sketch.prefetch(user_hash);
  }
  void add(SeriesId series, std::uint32_t slot, TimeUs event_time_us, std::uint64_t user_hash);
  std::vector<ReachDelta> take();

 private:
  static constexpr std::size_t kBytesMax = std::size_t{256} << 20U;
  struct alignas(64) Entry {
    SeriesId series = 0;
    Period hour = 0;
    ReachSketch sketch;
  };
  Entry& entry(SeriesId series, std::uint32_t slot, Period hour);

  std::vector<Entry> entries_;
  std::unordered_map<std::uint64_t, std::uint32_t> index_;  // slot << 32 | hour -> entry
  std::vector<std::uint32_t> touched_;                      // entries whose registers rose
  std::vector<std::uint32_t> last_;                         // by slot: last entry used + 1
  std::size_t bytes_ = 0;                                   // of the sketches' registers
};

}  // namespace adbacus
