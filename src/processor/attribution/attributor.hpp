// Finds the touches that earned each conversion, and says anew what changed when a touch comes
// late. A fold: the same entries in the same order give the same changes, and what is in force in
// the end does not depend on the order of arrival (within the horizon). Owned by one thread.
#pragma once

#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "processor/attribution/path.hpp"
#include "processor/attribution/touch_table.hpp"

namespace adbacus {

// A touch or a conversion as the log brings it. A touch without keys is forgotten at once; a
// conversion without keys is unattributed for good.
struct AttributionEntry {
  Touch touch;
  std::optional<UserKey> user;  // hash of tenant and user id
  std::optional<UserKey> link;  // hash of tenant and click id: the click's own, or the one named
};

struct AttributionChange {
  Touch conversion;
  std::uint32_t version = 1;  // of this conversion's attribution; 1: its first
  Path before;                // empty in version 1; without texts
  Path after;
};

class Attributor {
 public:
  // The rule for a touch's series and a conversion; the reference must stay valid.
  using RuleOf = std::function<const AttributionRule&(SeriesId touched, const Touch& conversion)>;
  using OnChange = std::function<void(const AttributionChange&)>;
  // `longest_window_us`: no rule allows more between touch and conversion.
  Attributor(RuleOf rule_of, TimeUs longest_window_us);

  // Starts the memory accesses of take(), some entries ahead.
  void prefetch(const AttributionEntry& entry) const;
  // Calls `on_change` once for a conversion, and for a touch once for each conversion whose path it
  // changes, in the order of their places in the log. What is handed over is valid during the call.
  void take(const AttributionEntry& entry, const OnChange& on_change);
  // Entries before it are not needed any more: neither touches nor conversions.
  void forget_before(TimeUs horizon_us);

  std::size_t memory_bytes() const { return table_.memory_bytes(); }

 private:
  struct Version {
    std::uint32_t number = 1;
    TimeUs time_us = 0;  // of the conversion
  };
  void keep(const AttributionEntry& entry);
  // Kept conversions whose paths the touch may change, in the order of the log.
  std::vector<AttributionEntry> conversions_near(const AttributionEntry& touch) const;
  Path path_now(const AttributionEntry& conversion) const;

  RuleOf rule_of_;
  TimeUs longest_window_us_;
  TouchTable table_;
  std::unordered_map<Seq, Version> versions_;  // of conversions that have more than one
};

}  // namespace adbacus
