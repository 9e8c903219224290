// A report's range as the UTC hours its rows come from: whole hours read hour rows, hours cut by
// the range or by a bucket's border read minute rows. Plain values.
#pragma once

#include <array>
#include <limits>
#include <vector>

#include "base/result.hpp"
#include "store/embedded/fact_runs.hpp"
#include "store/report_query.hpp"
#include "store/time_buckets.hpp"

namespace adbacus {

inline constexpr TimeUs kNoBucket = std::numeric_limits<TimeUs>::min();

struct HourPlan {
  struct Hour {
    Period hour = 0;
    RowKind kind = RowKind::traffic_hour;
    TimeUs bucket_us = 0;       // of a whole hour
    std::uint32_t minutes = 0;  // of a cut one: index into `minutes`
  };
  std::vector<Hour> hours;  // ascending, each hour once
  std::vector<std::array<TimeUs, 60>>
      minutes;  // bucket of each minute, kNoBucket: not in the range
};

// invalid_argument: a border is not on a minute (traffic) or hour (breakdown), or the range is
// longer than 200 years.
Result<HourPlan> plan_hours(const RollupQuery& query, const std::vector<TimeStretch>& stretches);

// Index of the hour in the plan, or plan.hours.size().
std::size_t find_hour(const HourPlan& plan, Period hour);

}  // namespace adbacus
