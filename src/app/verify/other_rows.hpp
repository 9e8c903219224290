// Compares served rows `other` with a recount that knows every key but not which of them had a row
// of its own: the recount's keys may hold more than is served of them, and what they hold more must
// be the row `other`, counter by counter. Pure function.
#pragma once

#include <cstdint>
#include <string_view>

#include "app/verify/recount.hpp"

namespace adbacus {

// Moves in `counted` what `served` has in rows `other` from the keys to these rows; only lines that
// begin with `prefix` count. Per cube, period, tenant, currency and slice, sums do not change, so a
// wrong count still differs.
void settle_other(const AggregateLines& served, std::string_view prefix, AggregateLines& counted);

// Events in rows `other` among the lines of a cube.
std::uint64_t other_events(const AggregateLines& lines, Cube cube);

}  // namespace adbacus
