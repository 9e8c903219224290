// Up to eight decimal digits at once, as bytes of a little-endian word. Pure functions,
// thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>

namespace adbacus {

// The last `count` (1 to 8) of eight characters as digits, zeros before them.
inline std::uint64_t digits_of(std::uint64_t word, std::size_t count) {
  return (word ^ 0x3030303030303030ULL) & (~std::uint64_t{0} << (64 - 8 * count));
}
inline bool all_digits(std::uint64_t digits) {
  return (((digits + 0x7676767676767676ULL) | digits) & 0x8080808080808080ULL) == 0;
}
// Eight digits, the first in the lowest byte.
inline std::uint32_t digits_value(std::uint64_t digits) {
  const std::uint64_t pairs = digits * 10 + (digits >> 8U);
  constexpr std::uint64_t kEveryOther = 0x000000ff000000ffULL;
  const std::uint64_t sum = (pairs & kEveryOther) * 0x000f424000000064ULL +
                            ((pairs >> 16U) & kEveryOther) * 0x0000271000000001ULL;
  return static_cast<std::uint32_t>(sum >> 32U);
}

}  // namespace adbacus
