// From an event's packed dimension fields to its two series, without touching text for any
// combination seen before: one hash, one probe. A combination over the bound of keys goes to the
// series `other` and is not remembered, so that hostile ids take no memory. Owned by the fold of
// one shard.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/hash.hpp"
#include "base/huge_block.hpp"
#include "base/sketch/hyperloglog.hpp"
#include "model/event_codec.hpp"
#include "processor/window/key_bound.hpp"
#include "store/series_table.hpp"

namespace adbacus {

class SeriesCache {
 public:
  // Where an event's counts go. The slots are dense numbers of this cache, from 0, so that callers
  // can keep per-series state in a vector.
  struct Place {
    SeriesId breakdown = 0;
    SeriesId traffic = 0;
    std::uint32_t breakdown_slot = 0;
    std::uint32_t traffic_slot = 0;
  };

  explicit SeriesCache(SeriesTable& table);

  // Key of the event's dimensions; pass it to prefetch() some events ahead of place().
  static Hash128 key_of(const PackedEvent& event, std::string& scratch);
  void prefetch(const Hash128& key) const { __builtin_prefetch(&slots_[key.low & mask_]); }
  // Log times never go back.
  Place place(const Hash128& key, const PackedEvent& event, TimeUs log_time_us);

  // The event's breakdown series as place() found it at that log time, where it has its own or
  // `other`; changes nothing.
  SeriesId known_breakdown(const PackedEvent& event, TimeUs log_time_us);
  // Of what a touch of series `touched` earned by a conversion of series `conversion` (both
  // breakdown): the touch's dimensions with the conversion's type and currency.
  Place place_attributed(SeriesId touched, SeriesId conversion, TimeUs log_time_us);

  void set_keys_max(std::uint64_t keys_max) { bound_.set_max(keys_max); }
  std::uint64_t keys_max() const { return bound_.max(); }
  // For operations, since the start: parts no output of the fold.
  void show_other();

 private:
  // Two to a cache line; a place is copied into its slot, so that finding it is one memory access.
  struct Slot {
    Hash128 key;
    Place place;
  };
  static_assert(sizeof(Slot) == 32);
  static constexpr std::uint32_t kFree = ~std::uint32_t{0};  // as breakdown_slot

  void resize(std::size_t slots);
  Slot& free_slot(const Hash128& key);
  const Slot* find_slot(const Hash128& key) const;
  [[gnu::noinline]] Place find_place(const Hash128& key, const PackedEvent& event,
                                     TimeUs log_time_us);
  Series breakdown_of(const PackedEvent& event);
  Place make_place(const Hash128& key, Series breakdown, TimeUs log_time_us);
  using Slots = std::unordered_map<SeriesId, std::uint32_t>;
  // The series of its own, else `other`.
  struct Row {
    SeriesId series;
    bool own;
  };
  Row resolve(Series& series, Day day);
  SeriesId other_of(const Series& series);
  std::uint32_t breakdown_slot(SeriesId series, bool cached);

  SeriesTable& table_;
  KeyBound bound_;
  HugeBlock memory_;
  Slot* slots_ = nullptr;  // open addressing, power of two, at most half full
  std::size_t mask_ = 0;
  std::size_t used_ = 0;
  std::uint32_t breakdown_slots_ = 0;
  Slots loose_slots_;  // of breakdown series whose combinations are not remembered
  Slots traffic_slots_;
  std::unordered_map<std::string, SeriesId> others_;  // "cube|currency|tenant" -> series `other`
  Arena arena_;                                       // of place
  HyperLogLog other_keys_;
  bool other_changed_ = false;
};

}  // namespace adbacus
