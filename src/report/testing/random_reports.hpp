// Random events and reports, and what a report must say according to a loop over the events: the
// naive model that the engine is compared with.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "report/engine.hpp"
#include "report/testing/naive_store.hpp"

namespace adbacus {

inline constexpr TimeUs kRandomStartUs = 1'793'491'200'000'000;  // 2026-11-01T00:00:00Z
inline constexpr TimeUs kRandomSpanUs = 3 * kDayUs;

NaiveEvent random_event(Rng& random);
ReportRequest random_request(Rng& random);

// The report as labelled rows: dimension texts -> metric texts.
using LabelledRows = std::map<std::vector<std::string>, std::vector<std::string>>;
// Without limit, and without groups whose sums are all zero.
LabelledRows naive_rows(const std::vector<NaiveEvent>& events, const ReportRequest& request);
LabelledRows rows_of(const ReportRequest& request, const ReportAnswer& answer);

}  // namespace adbacus
