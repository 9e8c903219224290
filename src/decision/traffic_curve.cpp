#include "decision/traffic_curve.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "decision/local_time.hpp"

namespace adbacus {
namespace {

constexpr TimeUs kWeekUs = 7 * kDayUs;
constexpr TimeUs kMondayUs = 4 * kDayUs;  // 1970 began on a Thursday
constexpr std::size_t kDayHours = 24;
constexpr std::size_t kUnseenRun = 24;  // hours
constexpr double kDayPriorHours = 0.25;
constexpr double kWeekPriorHours = 0.5;
constexpr double kPriorRequests = 20;

struct Seen {
  double hours = 0;
  double requests = 0;
  void add(const Seen& other) {
    hours += other.hours;
    requests += other.requests;
  }
};

double posterior_rate(const Seen& seen, double prior_rate, double prior_hours) {
  const double weight = prior_hours + kPriorRequests / prior_rate;  // in hours
  return (seen.requests + prior_rate * weight) / (seen.hours + weight);
}

TimeUs in_week(TimeUs local_us) {
  return local_us - kMondayUs - floor_to(local_us - kMondayUs, kWeekUs);
}

// An hour of UTC lies in two local ones where the zone is half an hour off.
void add_hour(TimeUs begin_us, double requests, const std::string& timezone,
              std::array<Seen, kWeekHours>& week) {
  const TimeUs local_us = in_week(begin_us + offset_at(timezone, begin_us).offset_us);
  const auto hour = static_cast<std::size_t>(local_us / kHourUs);
  const double later = static_cast<double>(local_us % kHourUs) / kHourUs;
  week[hour].add({1 - later, requests * (1 - later)});
  week[(hour + 1) % kWeekHours].add({later, requests * later});
}

}  // namespace

TrafficCurve::TrafficCurve() {
  std::iota(before_.begin(), before_.end(), 0.0);
}

TrafficCurve::TrafficCurve(const std::array<double, kWeekHours>& rates) {
  for (std::size_t i = 0; i < kWeekHours; ++i) before_[i + 1] = before_[i] + rates[i];
}

double TrafficCurve::until(TimeUs local_us) const {
  const TimeUs at_us = in_week(local_us);
  const auto hour = static_cast<std::size_t>(at_us / kHourUs);
  const double part = static_cast<double>(at_us % kHourUs) / kHourUs;
  const auto weeks = static_cast<double>((local_us - kMondayUs - at_us) / kWeekUs);
  return weeks * before_[kWeekHours] + before_[hour] + part * rate(hour);
}

double TrafficCurve::between(const std::string& timezone, TimeUs from_us, TimeUs to_us) const {
  double sum = 0;
  while (from_us < to_us) {
    const ZoneOffset zone = offset_at(timezone, from_us);
    const TimeUs end_us = std::min(to_us, zone.end_us);
    sum += until(end_us + zone.offset_us) - until(from_us + zone.offset_us);
    from_us = end_us;
  }
  return sum;
}

LearnedCurve learn_curve(const RequestHours& seen, const std::string& timezone) {
  std::array<Seen, kWeekHours> week{};
  const auto& counts = seen.counts;
  for (std::size_t i = 0; i < counts.size();) {
    std::size_t end = i;
    while (end < counts.size() && counts[end] <= 0) ++end;
    const std::size_t quiet = end - i;
    const std::size_t first = quiet >= kUnseenRun ? end : i;
    const std::size_t last = std::min(end + 1, counts.size());
    for (std::size_t at = first; at < last; ++at) {
      add_hour((seen.first + static_cast<std::int64_t>(at)) * kHourUs, counts[at], timezone, week);
    }
    i = last;
  }
  std::array<Seen, kDayHours> day{};
  Seen all;
  for (std::size_t i = 0; i < kWeekHours; ++i) {
    day[i % kDayHours].add(week[i]);
    all.add(week[i]);
  }
  LearnedCurve learned{.hours = all.hours, .requests = all.requests};
  if (all.requests <= 0) return learned;
  std::array<double, kDayHours> day_rates{};
  for (std::size_t i = 0; i < kDayHours; ++i) {
    day_rates[i] = posterior_rate(day[i], all.requests / all.hours, kDayPriorHours);
  }
  std::array<double, kWeekHours> rates{};
  for (std::size_t i = 0; i < kWeekHours; ++i) {
    rates[i] = posterior_rate(week[i], day_rates[i % kDayHours], kWeekPriorHours);
  }
  learned.curve = TrafficCurve(rates);
  return learned;
}

}  // namespace adbacus
