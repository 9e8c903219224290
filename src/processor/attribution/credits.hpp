// Splits a conversion between the touches on its path. Integers only: the same path gives the same
// parts on every machine, and they add up exactly. Pure functions, free of threads.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "model/measurement.hpp"
#include "store/rollup.hpp"

namespace adbacus {

// The parts of each touch, which add up to kCreditParts. `ages_us` are conversion time less touch
// time, none negative, in the order of the path: oldest touch (greatest age) first. What is left
// when parts are rounded down goes to the largest remainders, the later touch first among equal
// ones. `half_life_us` is that of time_decay, at least 1. Empty for an empty path.
std::vector<std::uint32_t> credits_of(AttributionModel model, std::span<const TimeUs> ages_us,
                                      TimeUs half_life_us);

// `amount` in the same shares, by largest remainder: the result adds up to `amount` exactly, and a
// negative amount is split as the positive one is. `credits` adds up to kCreditParts, or is empty.
std::vector<std::int64_t> split_amount(std::int64_t amount, std::span<const std::uint32_t> credits);

}  // namespace adbacus
