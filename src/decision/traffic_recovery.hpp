// After a start: how much was asked of each placement, from the decisions that the log holds.
#pragma once

#include <cstdint>
#include <functional>

#include "base/clock.hpp"
#include "decision/traffic_history.hpp"
#include "eventlog/event_log.hpp"

namespace adbacus {

struct TrafficRecoveryOptions {
  // The log of the last four weeks is looked at in so many stretches of equal length, and in each
  // of them at so many bytes, which stand for the whole stretch: at most 512 MiB are read.
  std::size_t stretches = 2'048;
  std::size_t stretch_bytes = std::size_t{256} << 10U;
};

// Looks at the four weeks before `now` up to entry `end`, as far as the log reaches back; exact
// where all of it is read. `stopping` ends it early, with what was found up to then.
Result<TrafficHistory> recover_traffic(EventLog& log, Seq end, TimeUs now_us,
                                       const TrafficRecoveryOptions& options,
                                       const std::function<bool()>& stopping);

}  // namespace adbacus
