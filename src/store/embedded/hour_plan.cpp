#include "store/embedded/hour_plan.hpp"

#include <algorithm>

namespace adbacus {
namespace {

constexpr TimeUs kRangeMaxUs = 200LL * 366 * kDayUs;

Period hour_at(TimeUs time) {
  return static_cast<Period>(floor_to(time, kHourUs) / kHourUs);
}

void add_minutes(HourPlan& plan, TimeUs begin, TimeUs end, TimeUs bucket) {
  const Period hour = hour_at(begin);
  if (plan.hours.empty() || plan.hours.back().hour != hour) {
    plan.hours.push_back(
        {hour, RowKind::traffic_minute, 0, static_cast<std::uint32_t>(plan.minutes.size())});
    plan.minutes.emplace_back().fill(kNoBucket);
  }
  auto& buckets = plan.minutes[plan.hours.back().minutes];
  const TimeUs start = hour * kHourUs;
  const auto first = static_cast<std::size_t>((begin - start) / kMinuteUs);
  const auto last = static_cast<std::size_t>((end - start) / kMinuteUs);
  std::fill(buckets.begin() + static_cast<std::ptrdiff_t>(first),
            buckets.begin() + static_cast<std::ptrdiff_t>(last), bucket);
}

}  // namespace

Result<HourPlan> plan_hours(const RollupQuery& query, const std::vector<TimeStretch>& stretches) {
  HourPlan plan;
  if (stretches.empty()) return plan;
  const TimeUs from = stretches.front().begin_us;
  const TimeUs to = stretches.back().end_us;
  if (from < -kRangeMaxUs || to > kRangeMaxUs) {
    return Error{ErrorCode::invalid_argument, "from: the range is too far from 1970"};
  }
  const bool traffic = query.cube == Cube::traffic;
  const TimeUs unit = traffic ? kMinuteUs : kHourUs;
  const RowKind whole = traffic ? RowKind::traffic_hour : RowKind::breakdown_hour;
  plan.hours.reserve(static_cast<std::size_t>((to - from) / kHourUs + 2));
  for (const TimeStretch& stretch : stretches) {
    if (stretch.begin_us % unit != 0 || stretch.end_us % unit != 0) {
      return Error{ErrorCode::invalid_argument,
                   traffic ? "from: a border of the report is not on a whole minute"
                           : "from: a border of the report is not on a whole UTC hour"};
    }
    for (TimeUs time = stretch.begin_us; time < stretch.end_us;) {
      const TimeUs hour_end = (hour_at(time) + TimeUs{1}) * kHourUs;
      const TimeUs end = std::min(hour_end, stretch.end_us);
      if (end - time == kHourUs) {
        plan.hours.push_back({hour_at(time), whole, stretch.bucket_us, 0});
      } else {
        add_minutes(plan, time, end, stretch.bucket_us);
      }
      time = end;
    }
  }
  return plan;
}

std::size_t find_hour(const HourPlan& plan, Period hour) {
  const auto at = std::lower_bound(
      plan.hours.begin(), plan.hours.end(), hour,
      [](const HourPlan::Hour& entry, Period wanted) { return entry.hour < wanted; });
  if (at == plan.hours.end() || at->hour != hour) return plan.hours.size();
  return static_cast<std::size_t>(at - plan.hours.begin());
}

}  // namespace adbacus
