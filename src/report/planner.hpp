// Decides which of the sources answers a report exactly: the traffic cube (minutes, few
// dimensions), the breakdown cube (hours, more dimensions), raw events (everything, slow), or a
// cube with the ragged ends of the range taken from raw events. Pure functions.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.hpp"
#include "report/report_request.hpp"
#include "report/zone.hpp"

namespace adbacus {

enum class ReportSource : std::uint8_t { traffic, breakdown, raw };

struct PlanPart {
  ReportSource source = ReportSource::traffic;
  TimeUs from_us = 0;
  TimeUs to_us = 0;
};

struct Plan {
  std::vector<PlanPart> parts;     // disjoint, in order of time
  TimeUnit unit = TimeUnit::none;  // of the store's buckets; finer than asked if several are
  bool split_currency = false;     // the currency is read beside the dimensions asked for
  bool with_reach = false;
  bool exact = true;  // false: the range was widened to whole minutes, or sketches
  bool needs_raw() const;
};

struct PlanLimits {
  bool has_raw = false;
  TimeUs raw_range_max_us = 400 * kDayUs;
  TimeUs now_us = 0;  // no event lies further ahead than future_max_us from it
  TimeUs future_max_us = 10 * kMinuteUs;
};

// invalid_argument "<code>: <detail>" if nothing here can answer it.
Result<Plan> make_plan(const ReportRequest& request, const Zone& zone, const PlanLimits& limits);

}  // namespace adbacus
