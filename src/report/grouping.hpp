// From the rows of one or several queries to a report's groups: buckets are mapped to the time
// dimensions asked for, the currency split is folded, equal groups are added up. Pure.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "report/planner.hpp"
#include "report/report_answer.hpp"
#include "report/report_request.hpp"
#include "report/zone.hpp"

namespace adbacus {

std::vector<DimensionPlace> places_of(const std::vector<Dimension>& dimensions);

// Less-than by the dimensions in the request's order; absent texts last.
bool group_less(const std::vector<DimensionPlace>& places, const ReportGroup& a,
                const ReportGroup& b);

struct Grouping {
  std::vector<ReportGroup> groups;   // sorted by dimensions, each once
  std::set<std::string> currencies;  // of the money in them
};

// invalid_argument "sum_too_large" if a sum leaves 64 bits.
Result<Grouping> group_rows(const ReportRequest& request, const Plan& plan, const Zone& zone,
                            const std::vector<Measure>& measures,
                            std::vector<RollupResult> results);

// Adds `from` to `to`, element by element; false on overflow.
bool add_sums(std::vector<std::int64_t>& to, const std::vector<std::int64_t>& from);

}  // namespace adbacus
