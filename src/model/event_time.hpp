// Times as senders write them: ISO 8601 text, or epoch numbers whose magnitude tells the unit.
// Called by ingest for every event. Pure functions, thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace adbacus {

struct SentTime {
  TimeUs us = 0;
  std::int16_t utc_offset_min = 0;  // the sender's zone, minutes east of UTC
  bool seconds_assumed = false;     // the number was so small that it was read as seconds
  bool zone_missing = false;        // no zone in the text: UTC was assumed
};

enum class EpochUnits : std::uint8_t {
  by_magnitude,  // 1e9..1e11 seconds, to 1e14 ms, to 1e17 microseconds, above nanoseconds
  ms_only,       // strict mode
};

// JSON number, or the same in a string. A fraction is kept to the microsecond, the rest is cut off.
// invalid_argument: not a number, negative, below 1e9 or after the year 9999.
Result<SentTime> parse_epoch(std::string_view number, EpochUnits units);

// YYYY-MM-DD, or with 'T' or a space HH:MM[:SS[.fraction]] and Z, +HH:MM, +HHMM or +HH; years
// 1970 to 9999. A leap second is the first instant of the next minute.
Result<SentTime> parse_iso_time(std::string_view text);

// The text of a JSON string: digits are an epoch number, all else must be ISO 8601.
Result<SentTime> parse_time_text(std::string_view text, EpochUnits units);

// "2026-11-21T12:00:00Z", with as many digits behind the second as there are, at most 6.
std::string utc_text(TimeUs time_us);

}  // namespace adbacus
