// The seed of random tests: ADBACUS_SEED, else a fixed one; printed, so that a failure can be
// repeated.
#pragma once

#include <cstdint>

namespace adbacus {

std::uint64_t test_seed();

}  // namespace adbacus
