// What every backend of the counters must do, against naive models and from many threads at once.
// A backend's test calls these with a function that opens an empty one.
#pragma once

#include <cstdint>
#include <functional>

#include "counters/counters.hpp"

namespace adbacus {

using OpenCounters = std::function<CounterStores()>;

void check_caps_against_model(const OpenCounters& open, std::uint64_t seed);
void check_caps_from_many_threads(const OpenCounters& open);
void check_rates_against_model(const OpenCounters& open, std::uint64_t seed);
void check_rates_from_many_threads(const OpenCounters& open);
void check_claims(const OpenCounters& open, std::uint64_t seed);

}  // namespace adbacus
