#include "decision/local_time.hpp"

#include <algorithm>
#include <date/tz.h>
#include <limits>
#include <stdexcept>
#include <unordered_map>

#include "store/time_buckets.hpp"

namespace adbacus {
namespace {

// Start of the bucket that holds the minute of `now`, or its number.
TimeUs bucket(const std::string& timezone, TimeUs now_us, TimeUnit unit) {
  RollupQuery query;
  query.from_us = floor_to(now_us, kMinuteUs);
  query.to_us = query.from_us + kMinuteUs;
  query.unit = unit;
  query.timezone = timezone;
  auto stretches = time_stretches(query);
  if (!stretches) {
    query.timezone = "UTC";
    stretches = time_stretches(query);
  }
  return stretches->front().bucket_us;
}

constexpr TimeUs kAlways = std::numeric_limits<TimeUs>::max() / 2;

// The first and last stretch of a zone reach beyond what microseconds can say.
TimeUs to_us(date::sys_seconds time) {
  constexpr std::int64_t kMax = kAlways / kSecondUs;
  return std::clamp<std::int64_t>(time.time_since_epoch().count(), -kMax, kMax) * kSecondUs;
}

const date::time_zone* find_zone(const std::string& name) {
  try {
    return date::locate_zone(name);
  } catch (const std::exception&) {
    return nullptr;
  }
}

LocalDay find_day(const std::string& timezone, TimeUs now_us) {
  LocalDay day;
  day.begin_us = bucket(timezone, now_us, TimeUnit::day);
  // No day is longer than 25 hours: this lies in the first two hours of the next, or at its end.
  TimeUs at = day.begin_us + 26 * kHourUs;
  day.end_us = bucket(timezone, at, TimeUnit::day);
  if (day.end_us <= now_us) day.end_us = day.begin_us + kDayUs;
  return day;
}

}  // namespace

ZoneOffset offset_at(const std::string& timezone, TimeUs now_us) {
  if (timezone.empty() || timezone == "UTC") return {-kAlways, kAlways, 0};
  // The stretch of each zone that was asked for last: most ask for about now.
  thread_local std::unordered_map<std::string, ZoneOffset> last;
  ZoneOffset& known = last[timezone];
  if (now_us >= known.begin_us && now_us < known.end_us) return known;
  const date::time_zone* zone = find_zone(timezone);
  if (zone == nullptr) return known = {-kAlways, kAlways, 0};
  const auto seconds = std::chrono::seconds(floor_to(now_us, kSecondUs) / kSecondUs);
  const date::sys_info info = zone->get_info(date::sys_seconds(seconds));
  known = {to_us(info.begin), to_us(info.end),
           std::chrono::duration_cast<std::chrono::microseconds>(info.offset).count()};
  return known;
}

LocalDay local_day(const std::string& timezone, TimeUs now_us) {
  // Every budget of a tenant asks for the same day each second, and the database is slow to say.
  struct Known {
    std::string timezone = {};
    LocalDay day = {};
  };
  thread_local Known known;
  const bool is_known =
      known.timezone == timezone && known.day.begin_us <= now_us && now_us < known.day.end_us;
  if (!is_known) known = {.timezone = timezone, .day = find_day(timezone, now_us)};
  return known.day;
}

int local_hour_of_week(const std::string& timezone, TimeUs now_us) {
  const auto weekday = bucket(timezone, now_us, TimeUnit::weekday);  // Monday = 1
  const auto hour = bucket(timezone, now_us, TimeUnit::hour_of_day);
  return static_cast<int>((weekday - 1) * 24 + hour);
}

}  // namespace adbacus
