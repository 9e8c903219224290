#include "decision/local_time.hpp"

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
