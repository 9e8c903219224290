// Sums of 64 bits that stop at their ends instead of wrapping around: a sum at an end says "at
// least so much", and whoever shows it refuses. Sums of amounts of one sign come out the same in
// whatever order they are made.
#pragma once

#include <cstdint>
#include <limits>

namespace adbacus {

inline constexpr std::int64_t kSumMax = std::numeric_limits<std::int64_t>::max();

// Ends are kSumMax and -kSumMax.
inline std::int64_t clamped_sum(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum < -kSumMax ? -kSumMax : sum;
  return b > 0 ? kSumMax : -kSumMax;
}

inline bool is_clamped(std::int64_t sum) {
  return sum >= kSumMax || sum <= -kSumMax;
}

}  // namespace adbacus
