#include "base/log_text.hpp"

#include <ctime>
#include <fmt/format.h>
#include <iterator>

namespace adbacus {
namespace {

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warn:
      return "warn";
    case LogLevel::error:
      return "error";
  }
  return "";
}

void append_time(std::string& out, TimeUs wall_us) {
  const TimeUs second = floor_to(wall_us, kSecondUs);
  const auto seconds = static_cast<std::time_t>(second / kSecondUs);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
                 utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                 utc.tm_sec, wall_us - second);
}

// Length of the UTF-8 sequence (RFC 3629) at the start of `text`; 0 if there is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto is_tail = [&](std::size_t i) { return (byte(i) & 0xc0U) == 0x80U; };
  const unsigned lead = byte(0);
  if (lead < 0x80U) return 1;
  if (lead >= 0xc2U && lead <= 0xdfU) return is_tail(1) ? 2 : 0;
  if (lead >= 0xe0U && lead <= 0xefU) {
    const bool is_overlong = lead == 0xe0U && byte(1) < 0xa0U;
    const bool is_surrogate = lead == 0xedU && byte(1) >= 0xa0U;
    return is_tail(1) && is_tail(2) && !is_overlong && !is_surrogate ? 3 : 0;
  }
  if (lead >= 0xf0U && lead <= 0xf4U) {
    const bool is_overlong = lead == 0xf0U && byte(1) < 0x90U;
    const bool is_beyond = lead == 0xf4U && byte(1) >= 0x90U;
    return is_tail(1) && is_tail(2) && is_tail(3) && !is_overlong && !is_beyond ? 4 : 0;
  }
  return 0;
}

void append_escaped(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    std::size_t length = sequence_length(text);
    if (length == 0) {
      out += "\xef\xbf\xbd";
      length = 1;
    } else if (byte == '"' || byte == '\\') {
      out += '\\';
      out += text.front();
    } else if (byte == '\n') {
      out += "\\n";
    } else if (byte == '\r') {
      out += "\\r";
    } else if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  append_escaped(out, text);
  out += '"';
}

bool is_plain(std::string_view text) {
  for (const char c : text) {
    if (c <= ' ' || c > '~' || c == '"' || c == '=' || c == '\\') return false;
  }
  return !text.empty();
}

}  // namespace

std::string log_text(LogFormat format, TimeUs wall_us, LogLevel level, std::string_view message,
                     std::initializer_list<LogField> fields) {
  std::string out;
  const bool is_json = format == LogFormat::json;
  if (is_json) out += "{\"time\":\"";
  append_time(out, wall_us);
  out += is_json ? "\",\"level\":\"" : " ";
  out += level_name(level);
  out += is_json ? "\",\"message\":\"" : " ";
  append_escaped(out, message);
  if (is_json) out += '"';
  for (const auto& [name, value] : fields) {
    if (is_json) {
      out += ',';
      append_quoted(out, name);
      out += ':';
      append_quoted(out, value);
      continue;
    }
    out += ' ';
    append_escaped(out, name);
    out += '=';
    if (is_plain(value)) {
      out += value;
    } else {
      append_quoted(out, value);
    }
  }
  out += is_json ? "}\n" : "\n";
  return out;
}

}  // namespace adbacus
