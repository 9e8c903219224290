// After a restart: what the log knows of earlier decisions goes back into the frequency caps and
// the budgets. Called before decisions are served.
#pragma once

#include <cstdint>

#include "base/clock.hpp"
#include "counters/counters.hpp"
#include "decision/serving_state.hpp"
#include "eventlog/event_log.hpp"

namespace adbacus {

struct RecoveredDecisions {
  std::uint64_t blocks = 0;
  std::uint64_t decisions = 0;  // that count for a cap or a budget still
};

// Reads the log as far back as the longest period of any cap in `state` reaches. A use counts in
// the scopes that its line item and creative have today; of a line item that is gone, in none.
// Decisions younger than `reserve_s` reserve their share of the budgets. Those from `until` on are
// passed over. `mono_us` is now as well, by the clock that budgets are reserved by.
Result<RecoveredDecisions> recover_decisions(EventLog& log, const ServingState& state,
                                             FrequencyCaps& caps, TimeUs now_us, TimeUs mono_us,
                                             TimeUs until_us, std::uint32_t reserve_s);

}  // namespace adbacus
