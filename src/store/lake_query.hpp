// A report over raw events as data, never SQL: for dimensions and ranges that no rollup has. Plain
// values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/report_query.hpp"

namespace adbacus {

// Over columns of the lake (docs/formats/lake.md), "metadata.<key>" for one key of the metadata
// object, and "hour_of_day" (0 to 23) and "weekday" (Monday = 1) in the query's time zone. An
// absent text is the empty one, as in rollups.
using LakeFilter = FilterNode<std::string>;

struct LakeQuery {
  std::string tenant;
  TimeUs from_us = 0;  // half-open event times, any microsecond
  TimeUs to_us = 0;
  TimeUnit unit = TimeUnit::none;
  std::string timezone = "UTC";      // IANA; buckets of `unit` start there
  std::vector<std::string> columns;  // to group by
  std::vector<LakeFilter> filters;   // all must hold
  std::vector<Measure> measures;     // the same counting rules as over rollups
  bool with_reach = false;           // distinct user ids of net events, exact
  std::size_t rows_max = 1'000'000;  // more groups: invalid_argument "too_many_rows"
  Seq after = 0;                     // include at least everything up to here
  Seq up_to = 0;                     // include nothing behind it; 0 = all there is
};

}  // namespace adbacus
