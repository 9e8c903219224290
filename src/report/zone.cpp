#include "report/zone.hpp"

#include <algorithm>
#include <date/date.h>
#include <date/tz.h>
#include <exception>

namespace adbacus {
namespace {

constexpr TimeUs kFarUs = 400LL * 366 * kDayUs;  // past every instant a report can name

TimeUs clamp_us(std::chrono::seconds seconds) {
  const auto count = static_cast<std::int64_t>(seconds.count());
  if (count > kFarUs / kSecondUs) return kFarUs;
  if (count < -kFarUs / kSecondUs) return -kFarUs;
  return count * kSecondUs;
}

date::sys_days civil_day(DayNumber day) {
  return date::sys_days{date::days{day}};
}
DayNumber day_number(date::sys_days day) {
  return static_cast<DayNumber>(day.time_since_epoch().count());
}
DayNumber monday_of(DayNumber day) {
  const date::weekday weekday{civil_day(day)};
  return day - static_cast<DayNumber>((weekday - date::Monday).count());
}
DayNumber first_of_month(DayNumber day, int months_ahead) {
  const date::year_month_day civil{civil_day(day)};
  const date::year_month month =
      date::year_month{civil.year(), civil.month()} + date::months{months_ahead};
  return day_number(date::sys_days{month / 1});
}

}  // namespace

Result<Zone> Zone::find(const std::string& name) {
  if (name == "UTC") return Zone(nullptr);
  try {
    return Zone(date::locate_zone(name));
  } catch (const std::exception&) {
    return Error{ErrorCode::invalid_argument, "unknown time zone"};
  }
}

void Zone::refresh(TimeUs time) const {
  const date::sys_seconds seconds{std::chrono::seconds{floor_to(time, kSecondUs) / kSecondUs}};
  const date::sys_info info = zone_->get_info(seconds);
  begin_us_ = clamp_us(info.begin.time_since_epoch());
  end_us_ = clamp_us(info.end.time_since_epoch());
  offset_us_ = info.offset.count() * kSecondUs;
}

TimeUs Zone::offset_us(TimeUs time) const {
  if (zone_ == nullptr) return 0;
  if (time < begin_us_ || time >= end_us_) refresh(time);
  return offset_us_;
}

TimeUs Zone::start_of(DayNumber day) const {
  const TimeUs local = day * kDayUs;
  if (zone_ == nullptr) return local;
  // Right unless the offset changes between the two instants compared.
  const TimeUs guess = local - offset_us(local);
  if (guess >= begin_us_ + kDayUs && guess + kDayUs < end_us_ &&
      guess + offset_us(guess) == local) {
    return guess;
  }
  const date::local_seconds midnight{std::chrono::seconds{local / kSecondUs}};
  return zone_->to_sys(midnight, date::choose::earliest).time_since_epoch().count() * kSecondUs;
}

DayNumber Zone::day_of(TimeUs time) const {
  return static_cast<DayNumber>(floor_to(time + offset_us(time), kDayUs) / kDayUs);
}

TimeUs Zone::bucket(TimeUs time, TimeUnit unit) const {
  const auto floor_local = [&](TimeUs length) {
    const TimeUs offset = offset_us(time);
    const TimeUs start = floor_to(time + offset, length) - offset;
    // Clocks that change inside a bucket cut it in two.
    return zone_ == nullptr ? start : std::max(start, begin_us_);
  };
  switch (unit) {
    case TimeUnit::none:
      return 0;
    case TimeUnit::minute:
      return floor_local(kMinuteUs);
    case TimeUnit::five_minute:
      return floor_local(5 * kMinuteUs);
    case TimeUnit::hour:
      return floor_local(kHourUs);
    case TimeUnit::day:
      return start_of(day_of(time));
    case TimeUnit::week:
      return start_of(monday_of(day_of(time)));
    case TimeUnit::month:
      return start_of(first_of_month(day_of(time), 0));
    case TimeUnit::hour_of_day: {
      const TimeUs local = time + offset_us(time);
      return (local - floor_to(local, kDayUs)) / kHourUs;
    }
    case TimeUnit::weekday: {
      const DayNumber day = day_of(time);
      return day - monday_of(day) + 1;
    }
  }
  return 0;
}

TimeUs Zone::next(TimeUs bucket_us, TimeUnit unit) const {
  const auto after = [&](TimeUs length) {
    const TimeUs start = bucket(bucket_us + length, unit);
    return start > bucket_us ? start : bucket(bucket_us + 2 * length, unit);
  };
  // Where midnight does not exist a day starts later; its date is that of its start all the same.
  switch (unit) {
    case TimeUnit::minute:
      return bucket_us + kMinuteUs;
    case TimeUnit::five_minute:
      return after(5 * kMinuteUs);
    case TimeUnit::hour:
      return after(kHourUs);
    case TimeUnit::day:
      return start_of(day_of(bucket_us) + 1);
    case TimeUnit::week:
      return start_of(day_of(bucket_us) + 7);
    case TimeUnit::month:
      return start_of(first_of_month(day_of(bucket_us), 1));
    case TimeUnit::none:
    case TimeUnit::hour_of_day:
    case TimeUnit::weekday:
      break;
  }
  return bucket_us + 1;
}

bool Zone::offsets_are_multiples(TimeUs from_us, TimeUs to_us, TimeUs unit_us) const {
  if (zone_ == nullptr) return true;
  for (TimeUs time = from_us; time < to_us; time = end_us_) {
    if (offset_us(time) % unit_us != 0) return false;
  }
  return true;
}

std::string Zone::label(TimeUs bucket_us, TimeUnit unit) const {
  switch (unit) {
    case TimeUnit::day:
    case TimeUnit::week:
    case TimeUnit::month:
      return format_date(day_of(bucket_us));
    case TimeUnit::hour_of_day:
    case TimeUnit::weekday:
      return std::to_string(bucket_us);
    case TimeUnit::none:
    case TimeUnit::minute:
    case TimeUnit::five_minute:
    case TimeUnit::hour:
      break;
  }
  return format_instant(bucket_us, offset_us(bucket_us));
}

}  // namespace adbacus
