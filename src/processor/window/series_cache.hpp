// From an event's packed dimension fields to its two series, without touching text for any
// combination seen before: one hash, one probe. Owned by the fold of one shard.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/hash.hpp"
#include "model/event_codec.hpp"
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
  void prefetch(const Hash128& key) const;
  Place place(const Hash128& key, const PackedEvent& event);

  std::size_t breakdown_slots() const { return places_.size(); }
  std::size_t traffic_slots() const { return traffic_ids_.size(); }

 private:
  struct Slot {
    Hash128 key;
    std::uint32_t place = 0;  // index + 1; 0 = free
  };
  void grow();
  Place make_place(const PackedEvent& event);

  SeriesTable& table_;
  std::vector<Slot> slots_;  // open addressing, power of two, at most half full
  std::vector<Place> places_;
  std::vector<SeriesId> traffic_ids_;  // by traffic slot
  std::unordered_map<SeriesId, std::uint32_t> traffic_slots_;
};

}  // namespace adbacus
