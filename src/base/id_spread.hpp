// Which part of an IdWindow a key belongs to. With equal parts all of them would fill up, and
// split, at the same number of keys: memory would double within moments, and be half empty then. So
// the parts' shares of the keys differ, geometrically: the last part of a level gets twice what the
// first gets, and at any number of keys some parts are about to split and others just did.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace adbacus {

// 2^32 * log2(1 + i / 16), rounded.
inline constexpr std::array<std::uint64_t, 17> kIdSpreadKnots = {
    0x000000000, 0x01663f6fb, 0x02b803474, 0x03f782d72, 0x05269e12f, 0x0646eea24,
    0x0759d4f81, 0x086082807, 0x095c01a3a, 0x0a4d3c25e, 0x0b3500472, 0x0c1404eae,
    0x0ceaecfeb, 0x0dba4a47b, 0x0e829fb69, 0x0f446359b, 0x100000000};

// Maps the top half of a key's hash (evenly spread) so that equal ranges of the result hold
// unequal shares of keys: log2(1 + x) of x in [0, 1) as fixed point, linear between 17 knots. Never
// goes back where `high` goes on. The top 36 bits of `high` decide.
constexpr std::uint64_t id_spread(std::uint64_t high) {
  const auto piece = static_cast<std::size_t>(high >> 60U);
  const std::uint64_t inside = (high << 4U) >> 32U;
  const std::uint64_t step = kIdSpreadKnots[piece + 1] - kIdSpreadKnots[piece];
  return (kIdSpreadKnots[piece] << 32U) + inside * step;
}

// The share of all keys whose id_spread() / 2^64 is below `place`, 0 to 1.
constexpr double id_share_below(double place) {
  std::size_t piece = 0;
  const double at = place * 4294967296.0;
  while (piece < 15 && static_cast<double>(kIdSpreadKnots[piece + 1]) <= at) ++piece;
  const auto from = static_cast<double>(kIdSpreadKnots[piece]);
  const auto to = static_cast<double>(kIdSpreadKnots[piece + 1]);
  return (static_cast<double>(piece) + (at - from) / (to - from)) / 16;
}

}  // namespace adbacus
