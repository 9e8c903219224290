// Opens the counters that the configuration names. Called once at start-up.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "counters/counters.hpp"

namespace adbacus {

struct CounterOptions {
  std::string backend = "memory";  // one of counter_backends()
  // Memory: of each kind; beyond it the oldest go.
  std::size_t entries_max = 64'000'000;
  std::size_t rate_entries_max = 64'000'000;
};

std::vector<std::string> counter_backends();
// invalid_argument lists the known backends.
Result<CounterStores> open_counters(const CounterOptions& options);

}  // namespace adbacus
