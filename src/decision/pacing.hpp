// How much of a budget may be spent by now. Pure functions, thread-safe.
#pragma once

#include <cstdint>

#include "model/campaign.hpp"

namespace adbacus {

// The share of the budget that may be spent when `share` of the traffic has come: standard is at
// most 5 % ahead of it, front-loaded 40 % of the budget at the start, falling to 25 % at half and
// 5 % at the end, accelerated all of it at once. Never more than 1.
double pacing_bound(PacingMode mode, double share);

// Whether `cost` more may be spent. `share` is that of the traffic up to a little later than now,
// so that the first of a period need not wait for the second. Amounts in micros (or whatever unit
// the budget has).
bool is_on_pace(PacingMode mode, double share, std::int64_t spent, std::int64_t cost,
                std::int64_t budget);

}  // namespace adbacus
