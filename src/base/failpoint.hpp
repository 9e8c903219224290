// Named places between two durable effects where a test may inject an error, a crash or a delay.
//   if (auto fault = failpoint("log.after_append_before_sync"); !fault) return fault;
// Off (one relaxed load) unless configured. Configuration: environment FAILPOINTS or
// failpoint_configure("name=[p%][cnt*]task[(arg)][->task…];…"), tasks off, return(error code name),
// sleep(ms), panic (SIGKILL), no_memory (bad_alloc), print, pause, yield, delay(ms). Thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.hpp"

namespace adbacus {

namespace failpoint_internal {
extern bool any_configured;
Result<void> evaluate(std::string_view name);
Result<void> evaluate_at(std::string_view name, std::uint64_t number);
}  // namespace failpoint_internal

inline bool failpoints_configured() {
  return __atomic_load_n(&failpoint_internal::any_configured, __ATOMIC_RELAXED);
}

inline Result<void> failpoint(std::string_view name) {
  if (!failpoints_configured()) return {};
  return failpoint_internal::evaluate(name);
}

// The failpoint "<name>.<number>": one among many of a kind, such as a log entry.
inline Result<void> failpoint_at(std::string_view name, std::uint64_t number) {
  if (!failpoints_configured()) return {};
  return failpoint_internal::evaluate_at(name, number);
}

// Replaces the whole configuration; empty switches all off. invalid_argument names the bad part.
Result<void> failpoint_configure(std::string_view text);
// A test's own hook for every failpoint hit: called with the name; returning an error injects it.
void failpoint_set_hook(Result<void> (*hook)(std::string_view name, void* context), void* context);

}  // namespace adbacus
