// Raw events with their verdicts, for what no rollup can answer: other dimensions, ranges that end
// inside a minute, exact distinct users. Implemented over the lake; called by the engine from
// report workers only, because a scan takes milliseconds to seconds.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "store/report_query.hpp"

namespace adbacus {

// Columns are event fields by their names in the lake (campaign_id, region, conversion_type, ...),
// "event_type", "disposition", "traffic_class", or "metadata.<key>" for one key of the metadata
// object. An absent field is the empty text, as in rollups.
// Filters may also name "hour_of_day" (0 to 23) and "weekday" (Monday = 1), in the query's zone.
using RawFilter = FilterNode<std::string>;

struct RawQuery {
  std::string tenant;
  TimeUs from_us = 0;  // half-open event times, any microsecond
  TimeUs to_us = 0;
  TimeUnit unit = TimeUnit::none;
  std::string timezone = "UTC";
  std::vector<std::string> columns;  // to group by
  std::vector<RawFilter> filters;    // all must hold
  std::vector<Measure> measures;     // same meaning as over rollups
  bool with_reach = false;           // distinct non-empty user ids of net events
  std::size_t rows_max = 1'000'000;  // more groups: invalid_argument "too_many_rows"
  Seq after = 0;                     // include at least everything up to here
};

class RawReader {
 public:
  virtual ~RawReader() = default;
  // Thread-safe. position is the newest event included; source is "raw".
  virtual Result<RollupResult> query(const RawQuery& query) = 0;
  // Newest position a query would include. Thread-safe, does not block.
  virtual Seq visible() = 0;
};

}  // namespace adbacus
