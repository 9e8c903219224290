#include "app/import/time_format.hpp"

#include <chrono>
#include <date/tz.h>
#include <fmt/format.h>
#include <stdexcept>

namespace adbacus {
namespace {

const date::time_zone* find_zone(const std::string& name) {
  try {
    return date::locate_zone(name);
  } catch (const std::runtime_error&) {
    return nullptr;
  }
}

struct Parts {
  int year = 1970;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  std::int64_t micros = 0;
};

bool assign(char letter, int value, std::size_t digits, Parts& parts) {
  switch (letter) {
    case 'y':
      parts.year = value;
      return true;
    case 'M':
      parts.month = value;
      return true;
    case 'd':
      parts.day = value;
      return true;
    case 'H':
      parts.hour = value;
      return true;
    case 'm':
      parts.minute = value;
      return true;
    case 's':
      parts.second = value;
      return true;
    case 'S':
      parts.micros = value;
      for (std::size_t i = digits; i < 6; ++i) parts.micros *= 10;
      return true;
    default:
      return false;
  }
}

}  // namespace

bool known_timezone(const std::string& timezone) {
  return find_zone(timezone) != nullptr;
}

Result<TimeUs> parse_time(std::string_view text, std::string_view format,
                          const std::string& timezone) {
  const auto refuse = [&](std::string_view why) {
    return Error{ErrorCode::invalid_argument,
                 fmt::format("'{}' is not a time like {}: {}", text, format, why)};
  };
  Parts parts;
  std::size_t at = 0;
  for (std::size_t f = 0; f < format.size();) {
    const char letter = format[f];
    std::size_t digits = 0;
    while (f + digits < format.size() && format[f + digits] == letter) ++digits;
    if (std::string_view("yMdHmsS").find(letter) == std::string_view::npos) {
      if (at >= text.size() || text[at] != letter) return refuse("a separator differs");
      ++at;
      ++f;
      continue;
    }
    if (digits > 6 || at + digits > text.size()) return refuse("too short");
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      const char c = text[at + i];
      if (c < '0' || c > '9') return refuse("not a digit");
      value = value * 10 + (c - '0');
    }
    if (!assign(letter, value, digits, parts)) return refuse("unknown letter");
    at += digits;
    f += digits;
  }
  if (at != text.size()) return refuse("text left over");
  const date::year_month_day day(date::year(parts.year),
                                 date::month(static_cast<unsigned>(parts.month)),
                                 date::day(static_cast<unsigned>(parts.day)));
  if (!day.ok()) return refuse("no such day");
  if (parts.hour > 23 || parts.minute > 59 || parts.second > 60)
    return refuse("no such time of day");
  const date::time_zone* zone = find_zone(timezone);
  if (zone == nullptr) return refuse("unknown time zone " + timezone);
  const auto local = date::local_days(day) + std::chrono::hours(parts.hour) +
                     std::chrono::minutes(parts.minute) + std::chrono::seconds(parts.second);
  const auto instant = zone->to_sys(local, date::choose::earliest);
  return std::chrono::duration_cast<std::chrono::microseconds>(instant.time_since_epoch()).count() +
         parts.micros;
}

}  // namespace adbacus
