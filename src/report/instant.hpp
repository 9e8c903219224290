// Instants and calendar dates as reports read and write them: ISO 8601 or epoch milliseconds.
// Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace adbacus {

// Days since 1970-01-01.
using DayNumber = std::int32_t;

// "2026-11-21", "2026-11-21T12:00[:00[.123456]][Z|+01:00]" (no zone = UTC) or epoch milliseconds.
// Years 1970 to 2199. invalid_argument says what is wrong; numbers that look like seconds are
// refused, because read as milliseconds they would mean January 1970.
Result<TimeUs> parse_instant(std::string_view text);
Result<DayNumber> parse_date(std::string_view text);  // "2026-11-21"

// "2026-11-21T12:00:00Z"; a fraction only where there is one; an offset other than 0 as "+01:00".
std::string format_instant(TimeUs time_us, TimeUs offset_us);
std::string format_date(DayNumber day);

}  // namespace adbacus
