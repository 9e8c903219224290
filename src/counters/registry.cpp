#include "counters/registry.hpp"

#include <fmt/format.h>

#include "counters/memory/memory_caps.hpp"
#include "counters/memory/memory_claims.hpp"
#include "counters/memory/memory_rates.hpp"

namespace adbacus {

std::vector<std::string> counter_backends() {
  return {"memory"};
}

Result<CounterStores> open_counters(const CounterOptions& options) {
  if (options.backend != "memory") {
    return Error{ErrorCode::invalid_argument,
                 fmt::format("counters.backend must be one of {}, not '{}'",
                             fmt::join(counter_backends(), ", "), options.backend)};
  }
  CounterStores stores;
  stores.caps = std::make_unique<MemoryCaps>(options.entries_max);
  stores.rates = std::make_unique<MemoryRates>(options.rate_entries_max);
  stores.claims = std::make_unique<MemoryClaims>(options.entries_max);
  return stores;
}

}  // namespace adbacus
