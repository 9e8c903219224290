// A report as data, never SQL: what report/ asks and what a store answers. Plain values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "eventlog/event_log.hpp"
#include "store/filter.hpp"
#include "store/rollup.hpp"

namespace adbacus {

// One output column of integers: the sum of a counter over the rows whose slice is in the mask.
struct Measure {
  Counter64 counter = Counter64::impressions;
  SliceMask slices = kNetSlices;
  friend bool operator==(const Measure&, const Measure&) = default;
};

using Filter = FilterNode<SeriesDim>;

enum class TimeUnit : std::uint8_t {
  none,
  minute,
  five_minute,
  hour,
  day,
  week,
  month,
  hour_of_day,
  weekday
};

// Answered exactly from one cube. The planner in report/ has checked that every dimension, filter
// and time boundary is available there.
struct RollupQuery {
  std::string tenant;
  Cube cube = Cube::traffic;
  TimeUs from_us = 0;  // half-open, on a minute (traffic) or hour (breakdown) boundary
  TimeUs to_us = 0;
  TimeUnit unit = TimeUnit::none;
  std::string timezone = "UTC";  // IANA; buckets of `unit` start there
  std::vector<SeriesDim> dimensions;
  std::vector<Filter> filters;  // all must hold
  std::vector<Measure> measures;
  bool with_reach = false;           // distinct users, traffic cube only, whole UTC hours
  std::size_t rows_max = 1'000'000;  // more groups: invalid_argument "too_many_rows"
};

struct RollupResult {
  struct Row {
    // Start of the whole time bucket, even if the range begins inside it; hour_of_day: 0-23,
    // weekday: 1 (Monday) to 7, none: 0.
    TimeUs bucket_us = 0;
    std::vector<std::string> dims;     // in the query's order
    std::vector<std::int64_t> values;  // in the measures' order
    std::int64_t reach = 0;
  };
  // Sorted by bucket, then dims. A row whose values and reach are all zero is left out.
  std::vector<Row> rows;
  Seq position = 0;          // everything up to here is included
  TimeUs data_as_of_us = 0;  // its log time
  std::string source;        // "index" or "store"
};

}  // namespace adbacus
