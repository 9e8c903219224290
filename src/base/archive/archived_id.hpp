// An id as generations on disk hold it: the 87 bits that an IdWindow compares, and the period in
// which it was first seen.
#pragma once

#include <cstdint>
#include <tuple>

#include "base/hash.hpp"

namespace adbacus {

struct ArchivedId {
  static constexpr unsigned kTailBits = 23;

  std::uint64_t high = 0;
  std::uint32_t tail = 0;  // bits 0-14 and 56-63 of Hash128::low
  std::uint32_t period = 0;

  static std::uint32_t tail_of(const Hash128& key) {
    return static_cast<std::uint32_t>(key.low & 0x7fffU) |
           static_cast<std::uint32_t>(key.low >> 56U) << 15U;
  }
  static ArchivedId of(const Hash128& key, std::uint32_t period) {
    return {key.high, tail_of(key), period};
  }
  bool same_key(const ArchivedId& other) const { return high == other.high && tail == other.tail; }
  friend bool operator<(const ArchivedId& a, const ArchivedId& b) {
    return std::tie(a.high, a.tail) < std::tie(b.high, b.tail);
  }
};
static_assert(sizeof(ArchivedId) == 16);

}  // namespace adbacus
