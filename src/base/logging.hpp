// Structured log lines on stderr: `log_info("segment rolled", {{"seq", "42"}})`. Thread-safe.
// An error is logged once, at the edge that handles it. Never pass secrets, keys or user data.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace adbacus {

using LogField = std::pair<std::string_view, std::string>;
enum class LogLevel { debug, info, warn, error };
enum class LogFormat { text, json };

void log_configure(LogLevel level, LogFormat format);
void log_line(LogLevel level, std::string_view message, std::initializer_list<LogField> fields);
inline void log_debug(std::string_view m, std::initializer_list<LogField> f = {}) {
  log_line(LogLevel::debug, m, f);
}
inline void log_info(std::string_view m, std::initializer_list<LogField> f = {}) {
  log_line(LogLevel::info, m, f);
}
inline void log_warn(std::string_view m, std::initializer_list<LogField> f = {}) {
  log_line(LogLevel::warn, m, f);
}
inline void log_error(std::string_view m, std::initializer_list<LogField> f = {}) {
  log_line(LogLevel::error, m, f);
}

}  // namespace adbacus
