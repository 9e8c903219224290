#include "store/time_buckets.hpp"

#include <algorithm>
#include <date/tz.h>
#include <limits>
#include <stdexcept>

namespace adbacus {
namespace {

using SysUs = date::sys_time<std::chrono::microseconds>;
using Days = std::int64_t;  // since 1970-01-01, of a local date

// Offset in effect, and until when, with the zone's lookups cached from one call to the next.
class ZoneOffsets {
 public:
  // Null: UTC.
  explicit ZoneOffsets(const date::time_zone* zone) : zone_(zone) {}

  void move_to(TimeUs time) {
    if (time >= begin_us_ && time < end_us_) return;
    if (zone_ == nullptr) {
      begin_us_ = std::numeric_limits<TimeUs>::min();
      end_us_ = std::numeric_limits<TimeUs>::max();
      return;
    }
    const date::sys_info info =
        zone_->get_info(date::floor<std::chrono::seconds>(SysUs(std::chrono::microseconds(time))));
    begin_us_ = to_us(info.begin);
    end_us_ = to_us(info.end);
    offset_us_ = std::chrono::duration_cast<std::chrono::microseconds>(info.offset).count();
  }
  TimeUs begin_us() const { return begin_us_; }
  TimeUs end_us() const { return end_us_; }
  TimeUs offset_us() const { return offset_us_; }

  // The instant a local date starts; where midnight does not exist, the first instant after it.
  TimeUs start_of(Days day) const {
    const TimeUs local = day * kDayUs;
    if (zone_ == nullptr) return local;
    const date::local_time<std::chrono::microseconds> midnight{std::chrono::microseconds(local)};
    const auto instant = zone_->to_sys(midnight, date::choose::earliest);
    return instant.time_since_epoch().count();
  }

 private:
  // The first and last stretch of a zone reach beyond what microseconds can say.
  static TimeUs to_us(date::sys_seconds time) {
    const std::int64_t seconds = time.time_since_epoch().count();
    constexpr std::int64_t kMax = std::numeric_limits<TimeUs>::max() / kSecondUs;
    return std::clamp(seconds, -kMax, kMax) * kSecondUs;
  }

  const date::time_zone* zone_;
  TimeUs begin_us_ = 0;
  TimeUs end_us_ = 0;
  TimeUs offset_us_ = 0;
};

Days local_day(TimeUs local) {
  return floor_to(local, kDayUs) / kDayUs;
}

date::year_month_day civil(Days day) {
  return date::year_month_day{date::sys_days{date::days{day}}};
}

Days days_of(date::year_month_day date) {
  return date::sys_days{date}.time_since_epoch().count();
}

int iso_weekday(Days day) {
  return static_cast<int>(date::weekday{date::sys_days{date::days{day}}}.iso_encoding());
}

// First local day of the calendar bucket that holds `day`, and of the next one.
struct DaySpan {
  Days first;
  Days next;
};
DaySpan calendar_span(Days day, TimeUnit unit) {
  if (unit == TimeUnit::week) {
    const Days monday = day - (iso_weekday(day) - 1);
    return {monday, monday + 7};
  }
  if (unit == TimeUnit::month) {
    const date::year_month_day date = civil(day);
    const date::year_month month{date.year(), date.month()};
    return {days_of(month / 1), days_of((month + date::months{1}) / 1)};
  }
  return {day, day + 1};
}

// The bucket of `time`, and where it ends. A date begins at its first midnight: where the clocks go
// back over midnight, the hour lived twice belongs to the date that has begun.
TimeStretch calendar_bucket(ZoneOffsets& zone, TimeUs time, TimeUnit unit) {
  zone.move_to(time);
  Days day = local_day(time + zone.offset_us());
  if (zone.start_of(day + 1) <= time) ++day;
  const DaySpan span = calendar_span(day, unit);
  TimeStretch bucket{zone.start_of(span.first), zone.start_of(span.next), 0};
  bucket.bucket_us = unit == TimeUnit::weekday ? iso_weekday(day) : bucket.begin_us;
  return bucket;
}

// Buckets below a day end where the offset changes, so that the hour that is lived twice gives two.
TimeStretch clock_bucket(ZoneOffsets& zone, TimeUs time, TimeUs length, bool of_day) {
  zone.move_to(time);
  const TimeUs local = floor_to(time + zone.offset_us(), length);
  const TimeUs start = local - zone.offset_us();
  TimeStretch bucket{std::max(start, zone.begin_us()), start + length, 0};
  bucket.end_us = std::min(bucket.end_us, zone.end_us());
  bucket.bucket_us = of_day ? (local - floor_to(local, kDayUs)) / length : bucket.begin_us;
  return bucket;
}

TimeStretch bucket_of(ZoneOffsets& zone, TimeUs time, const RollupQuery& query) {
  switch (query.unit) {
    case TimeUnit::none:
      return {query.from_us, query.to_us, 0};
    case TimeUnit::minute:
      return clock_bucket(zone, time, kMinuteUs, false);
    case TimeUnit::five_minute:
      return clock_bucket(zone, time, 5 * kMinuteUs, false);
    case TimeUnit::hour:
      return clock_bucket(zone, time, kHourUs, false);
    case TimeUnit::hour_of_day:
      return clock_bucket(zone, time, kHourUs, true);
    case TimeUnit::day:
    case TimeUnit::week:
    case TimeUnit::month:
    case TimeUnit::weekday:
      return calendar_bucket(zone, time, query.unit);
  }
  return {};
}

Result<const date::time_zone*> find_zone(const std::string& name) {
  if (name.empty() || name == "UTC" || name == "Etc/UTC") return nullptr;
  try {
    return date::locate_zone(name);
  } catch (const std::exception&) {
    return Error{ErrorCode::invalid_argument, "timezone: unknown: " + name};
  }
}

}  // namespace

Result<std::vector<TimeStretch>> time_stretches(const RollupQuery& query) {
  if (query.from_us > query.to_us) {
    return Error{ErrorCode::invalid_argument, "from: is later than to"};
  }
  auto found = find_zone(query.timezone);
  if (!found) return found.error();
  std::vector<TimeStretch> result;
  ZoneOffsets zone(*found);
  for (TimeUs time = query.from_us; time < query.to_us;) {
    TimeStretch next = bucket_of(zone, time, query);
    next.begin_us = time;
    next.end_us = std::min(next.end_us, query.to_us);
    time = next.end_us;
    if (result.size() == kStretchesMax) {
      return Error{ErrorCode::invalid_argument,
                   "too_many_rows: the range has too many time buckets"};
    }
    result.push_back(next);
  }
  return result;
}

}  // namespace adbacus
