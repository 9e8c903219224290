// Times as they stand in imported files. Pure functions; the time zone database is the system's.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace adbacus {

// Letters y M d H m s S take as many digits as they stand beside each other ("yyyyMMddHHmmssSSS"),
// all else must match literally. Local times that a clock change skips or repeats take the earlier
// instant. invalid_argument says what does not fit.
Result<TimeUs> parse_time(std::string_view text, std::string_view format,
                          const std::string& timezone);
bool known_timezone(const std::string& timezone);

}  // namespace adbacus
