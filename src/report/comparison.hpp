// The same report over an earlier range of equal length, joined bucket by bucket. Pure.
#pragma once

#include "report/report_answer.hpp"
#include "report/report_request.hpp"
#include "report/zone.hpp"

namespace adbacus {

// previous_period: the range just before; previous_year: 52 weeks earlier, so that weekdays match.
// Ranges of whole local days move by whole local days, whatever daylight saving does.
void shift_range(const Zone& zone, Comparison comparison, TimeUs& from_us, TimeUs& to_us);

// Gives every group the sums of its counterpart: equal texts, and the bucket at the same place in
// its range. Groups that only the earlier range has are added with sums of zero.
// invalid_argument "too_many_rows" past groups_max.
Result<void> join_previous(const ReportRequest& request, const Zone& zone, std::size_t groups_max,
                           ReportAnswer previous, ReportAnswer& answer);

// current - previous and its share of previous in percent; null where either is null or the
// denominator is zero.
Value difference(const Value& current, const Value& previous);
Value percent(const Value& current, const Value& previous);

}  // namespace adbacus
