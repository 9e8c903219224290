// The last steps of an answer: empty buckets filled in, rows ordered, cut to the limit, the rest
// summed into `other`. Pure.
#pragma once

#include "report/report_answer.hpp"
#include "report/report_request.hpp"
#include "report/zone.hpp"

namespace adbacus {

// Starts of all buckets that [from, to) touches, or the numbers of a cyclic unit; at most `max`,
// else invalid_argument "too_many_rows".
Result<std::vector<TimeUs>> buckets_of(const Zone& zone, TimeUnit unit, TimeUs from_us,
                                       TimeUs to_us, std::size_t max);

// Adds a zero row for each combination of texts and each bucket without one.
Result<void> fill_buckets(const ReportRequest& request, const Zone& zone, std::size_t groups_max,
                          ReportAnswer& answer);
// By the request's order keys, nulls last, ties by dimensions.
void order_groups(const ReportRequest& request, ReportAnswer& answer);
void cut_groups(const ReportRequest& request, ReportAnswer& answer);

}  // namespace adbacus
