// The text of a log line. Pure functions, used by logging.cpp.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/logging.hpp"

namespace adbacus {

// text: `2026-11-21T12:00:00.123456Z info segment rolled seq=42 path="a b"`
// json: `{"time":"…","level":"info","message":"segment rolled","seq":"42"}`
// Ends in a newline and holds no other control character, whatever the arguments hold; bytes that
// are not UTF-8 become U+FFFD.
std::string log_text(LogFormat format, TimeUs wall_us, LogLevel level, std::string_view message,
                     std::initializer_list<LogField> fields);

}  // namespace adbacus
