// Splits a report's time range into the buckets of its time unit in an IANA time zone. Buckets
// follow the zone's civil time, so a day has 23 or 25 hours when the clocks change. Pure functions
// over the system's time zone database, thread-safe.
#pragma once

#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "store/report_query.hpp"

namespace adbacus {

// A stretch of the range that lies in one bucket. Stretches are in order of time, disjoint and
// cover the range; several have the same bucket_us only for hour_of_day and weekday.
struct TimeStretch {
  TimeUs begin_us = 0;
  TimeUs end_us = 0;
  // Start of the whole bucket, or where the clocks change inside it of its part; of hour_of_day and
  // weekday the number (hour 0-23, Monday = 1).
  TimeUs bucket_us = 0;
};

// invalid_argument: unknown zone, an empty or reversed range, or "too_many_rows" if the range has
// more than kStretchesMax stretches.
inline constexpr std::size_t kStretchesMax = 2'000'000;
Result<std::vector<TimeStretch>> time_stretches(const RollupQuery& query);

}  // namespace adbacus
