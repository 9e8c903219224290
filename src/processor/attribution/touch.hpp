// What attribution remembers of an event: a touch (impression, viewable impression, click) or a
// conversion that waits for late touches. Plain values.
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/hash.hpp"
#include "eventlog/event_log.hpp"
#include "store/rollup.hpp"

namespace adbacus {

enum class TouchKind : std::uint8_t { impression, viewable, click, conversion };

// Of a user's touches on one UTC day so many are on a path: clicks before viewable impressions
// before others, the newest of a kind not later than the conversion. So many conversions of a day
// are corrected when a touch comes late.
inline constexpr std::size_t kTouchesADay = 64;

// 96 bits of the keyed hash of tenant and user id (or of another routing key): among 10^9 users two
// are taken for one with a chance of less than 10^-11.
struct UserKey {
  std::uint64_t low = 0;
  std::uint32_t high = 0;
  static UserKey of(const Hash128& hash) {
    return {hash.low, static_cast<std::uint32_t>(hash.high)};
  }
  friend bool operator==(const UserKey&, const UserKey&) = default;
};

struct Touch {
  TouchKind kind = TouchKind::impression;
  TimeUs time_us = 0;       // of the event
  Seq seq = 0;              // its place in the log, below 2^48
  SeriesId series = 0;      // its breakdown series: campaign, line item, ad, source, ...
  std::string_view text;    // what facts show beyond that: packed ids; valid until the next change
  bool is_crowded = false;  // others of its user and day were left out

  // Touches of a user are ordered by event time, equal times by log position.
  friend std::strong_ordering operator<=>(const Touch& a, const Touch& b) {
    if (const auto order = a.time_us <=> b.time_us; order != 0) return order;
    return a.seq <=> b.seq;
  }
  friend bool operator==(const Touch& a, const Touch& b) {
    return a.time_us == b.time_us && a.seq == b.seq;
  }
};

// Leaves the best kTouchesADay of each day, and as many conversions, in any order; marks those of
// days from which something was left out.
void keep_best_of_days(std::vector<Touch>& touches);

// Leaves what paths of the conversions among them, and of later ones, need: the best of days up to
// each of these conversions and up to the end.
void keep_needed(std::vector<Touch>& touches);

}  // namespace adbacus
