// Compares the lake with what was counted from the log, hour by hour, so that a difference names
// the files it is in. Used by `adbacus verify` on an open node; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "app/verify/recount.hpp"
#include "store/event_lake.hpp"

namespace adbacus {

struct LakeComparison {
  std::uint64_t hours = 0;  // compared
  std::uint64_t rows = 0;   // in them, of the tenants asked for
  Differences differences;  // one an event hour
};

// `counted` holds the lines of the cube breakdown by hour of these tenants. `progress` is called
// with (days done, days).
Result<LakeComparison> compare_lake(
    EventLake& lake, const std::vector<std::string>& tenants, const AggregateLines& counted,
    std::size_t shown_max, const std::function<void(std::uint64_t, std::uint64_t)>& progress);

}  // namespace adbacus
