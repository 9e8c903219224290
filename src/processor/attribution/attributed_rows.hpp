// What a change of a conversion's attribution adds to and takes from the rollups. Pure.
#pragma once

#include <functional>

#include "processor/attribution/attributor.hpp"
#include "store/rollup.hpp"

namespace adbacus {

// on(series of the touch, counters) for every touch that had or has credit: what it loses,
// negative, then what it gains. The value is split as the credits are.
void for_each_attributed(const AttributionChange& change,
                         const std::function<void(SeriesId, const Counters&)>& on);

}  // namespace adbacus
