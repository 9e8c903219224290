// Finds the touches that earned each conversion, and says anew what changed when a touch comes
// late. A fold: the same entries in the same order give the same changes, and what is in force in
// the end does not depend on the order of arrival (within the horizon). Owned by one thread.
#pragma once

#include <forward_list>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "processor/attribution/path.hpp"
#include "processor/attribution/touch_table.hpp"

namespace adbacus {

// Under what an event is found. A touch without keys is forgotten at once; a conversion without
// keys is unattributed for good.
struct AttributionKeys {
  std::optional<UserKey> user = {};      // hash of tenant and user id
  std::optional<UserKey> click = {};     // of tenant and click id: a click's own, or the one named
  std::optional<UserKey> decision = {};  // of tenant and decision id
};

// A touch or a conversion as the log brings it.
struct AttributionEntry {
  Touch touch;
  AttributionKeys keys;
  TimeUs log_time_us = 0;  // never goes back
};

// Other touches on the path that earn nothing, and marks of crowded days, are no change.
struct AttributionChange {
  Touch conversion;
  // The entry that brought it: the conversion's own place in its first attribution. What is said
  // with a later one replaces what was said before.
  Seq version = 0;
  Path before;  // empty in the first; without texts
  Path after;
};

class Attributor {
 public:
  // The rule for a touch's series and a conversion; the reference must stay valid, and the answer
  // for a conversion the same.
  using RuleOf = std::function<const AttributionRule&(SeriesId touched, const Touch& conversion)>;
  using OnChange = std::function<void(const AttributionChange&)>;
  explicit Attributor(RuleOf rule_of);

  // Of every rule that was asked for so far or will be next: no more than `longest_window_us`
  // between touch and conversion, and whether any has the model last_touch. Takes nothing back.
  void set_bounds(TimeUs longest_window_us, bool has_last_touch);
  // Entries are kept that long by log time, and longer.
  static TimeUs kept_us(TimeUs longest_window_us) { return longest_window_us + kLateUs; }

  // Starts the memory accesses of take(), some entries ahead; later the second part.
  void prefetch(const AttributionKeys& keys) const;
  void prefetch_newest(const AttributionKeys& keys) const;
  // Calls `on_change` once for a conversion, and for a touch once for each conversion whose credits
  // it changes, in the order of their places in the log. What is handed over is valid during the
  // call. A conversion is left as it is once touches are forgotten that may have been on its path.
  void take(const AttributionEntry& entry, const OnChange& on_change);

  const TouchTable& touches() const { return table_; }
  // As TouchTable::restore().
  void restore(std::vector<std::shared_ptr<TouchSegment>> segments, Seq last);

 private:
  static constexpr TimeUs kLateUs = 72 * kHourUs;  // after which a touch is not waited for
  // What is kept under a key, looked at once.
  struct Chain {
    UserKey key;
    std::vector<Touch> touches;
    std::vector<Touch> conversions;  // as they are kept
    bool is_whole = true;
  };
  using Chains = std::forward_list<Chain>;  // costs nothing while it is empty
  struct Judged {
    Path path;
    bool is_open = true;  // every touch that was ever on the path is still known
  };
  struct KeyHash {
    std::size_t operator()(const UserKey& key) const { return key.low; }
  };
  void forget(TimeUs log_time_us);
  void keep(const AttributionEntry& entry);
  const Chain& chain_of(const UserKey& key, Chains& chains) const;
  // Whether a conversion under the key may be at `time_us` or later.
  bool has_conversion_from(const UserKey& key, TimeUs time_us, Chains& chains);
  // Kept conversions whose credits the touch may change, in the order of the log.
  std::vector<AttributionEntry> conversions_near(const AttributionEntry& touch, Chains& chains);
  // Those under the key that it may change although a newer touch is there: of several touches most
  // models credit the last.
  void add_changeable(const AttributionEntry& touch, const Chain& chain, Chains& chains,
                      std::vector<AttributionEntry>& result) const;
  // Whether `newest`, the newest of its kind in one chain of the conversion, is so in the others.
  bool is_newest(const Touch& newest, const AttributionEntry& conversion, Chains& chains) const;
  // As if `late`, which may be null, were kept.
  Judged judge(const AttributionEntry& conversion, const AttributionEntry* late,
               Chains& chains) const;

  RuleOf rule_of_;
  TimeUs longest_window_us_ = 0;
  bool has_last_touch_ = false;
  TouchTable table_;
  // Of keys with conversions: the newest one's event time, as far as it was looked for. Spares most
  // touches a look through their chains; changes no result.
  std::unordered_map<UserKey, TimeUs, KeyHash> newest_conversions_;
};

}  // namespace adbacus
