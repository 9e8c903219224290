// Named places between two durable effects where a test may inject an error, a crash or a delay.
//   if (auto fault = failpoint("log.after_append_before_sync"); !fault) return fault;
// Off (one relaxed load) unless configured. Configuration: environment FAILPOINTS or
// failpoint_configure("name=[p%][cnt*]task[(arg)][->task…];…"), tasks off, return(error code name),
// sleep(ms), panic (kills the process with SIGKILL), print, pause, yield, delay(ms). Thread-safe.
#pragma once

#include <string_view>

#include "base/result.hpp"

namespace adbacus {

namespace failpoint_internal {
extern bool any_configured;
Result<void> evaluate(std::string_view name);
}  // namespace failpoint_internal

inline Result<void> failpoint(std::string_view name) {
  if (!__atomic_load_n(&failpoint_internal::any_configured, __ATOMIC_RELAXED)) return {};
  return failpoint_internal::evaluate(name);
}

// Replaces the whole configuration; empty switches all off. invalid_argument names the bad part.
Result<void> failpoint_configure(std::string_view text);
// A test's own hook for every failpoint hit: called with the name; returning an error injects it.
void failpoint_set_hook(Result<void> (*hook)(std::string_view name, void* context), void* context);

}  // namespace adbacus
