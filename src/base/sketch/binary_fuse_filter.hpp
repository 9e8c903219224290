// A static filter over a set of keys: 8 bits a fingerprint, 1.13 fingerprints a key, 0.4 % of other
// keys pass, a key of the set always does. Keys must be spread evenly over 64 bits, as hashes are:
// their order is also the order of the fingerprints, so that building from sorted keys stays in the
// caches. A filter is a shape and its bytes; reading it is thread-safe.
//
// Source: Graf, Lemire 2022, "Binary Fuse Filters: Fast and Smaller Than Xor Filters" (three
// segments a key).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/rng.hpp"

namespace adbacus {

struct BinaryFuseShape {
  std::uint64_t seed = 0;
  std::uint32_t segment_bits = 0;  // a segment has 2^segment_bits fingerprints
  std::uint32_t segment_count =
      0;  // where a key's first fingerprint may be; 0: a filter of nothing

  std::size_t size_bytes() const {
    return segment_count == 0 ? 0 : (std::size_t{segment_count} + 2) << segment_bits;
  }

  struct Places {
    std::uint32_t at[3];
    std::uint8_t fingerprint;
  };
  // Needs a filter of something.
  Places places_of(std::uint64_t key) const {
    std::uint64_t hash = (key + seed) * 0xff51afd7ed558ccdULL;
    hash ^= hash >> 33U;
    hash *= 0xc4ceb9fe1a85ec53ULL;
    hash ^= hash >> 33U;
    const std::uint32_t length = 1U << segment_bits;
    const auto first = static_cast<std::uint32_t>(
        (static_cast<Uint128>(key) * (std::uint64_t{segment_count} << segment_bits)) >> 64U);
    const std::uint32_t mask = length - 1;
    return {{first, (first + length) ^ (static_cast<std::uint32_t>(hash >> 18U) & mask),
             (first + 2 * length) ^ (static_cast<std::uint32_t>(hash >> 40U) & mask)},
            static_cast<std::uint8_t>(hash)};
  }
};

[[gnu::always_inline]] inline void prefetch_fuse(const BinaryFuseShape& shape,
                                                 const std::uint8_t* bytes, std::uint64_t key) {
  const BinaryFuseShape::Places places = shape.places_of(key);
  for (const std::uint32_t at : places.at) __builtin_prefetch(bytes + at);
}

inline bool may_contain(const BinaryFuseShape& shape, const std::uint8_t* bytes,
                        std::uint64_t key) {
  const BinaryFuseShape::Places places = shape.places_of(key);
  return (bytes[places.at[0]] ^ bytes[places.at[1]] ^ bytes[places.at[2]]) == places.fingerprint;
}

// Keeps its memory (some 30 bytes a key) for the next filter. Owned by one thread.
class BinaryFuseBuilder {
 public:
  // `keys` rise and none is there twice; at most 2^30. Appends the filter's bytes to `out`.
  // internal: these keys are not evenly spread, there is no filter of them.
  Result<BinaryFuseShape> build(std::span<const std::uint64_t> keys, std::string& out);

 private:
  bool peel(std::span<const std::uint64_t> keys, const BinaryFuseShape& shape);
  bool count(std::span<const std::uint64_t> keys, const BinaryFuseShape& shape);

  // Of each place: how many unpeeled keys lead there * 4, XOR which of their three places it is.
  std::vector<std::uint8_t> counts_;
  std::vector<std::uint64_t> xors_;  // and the XOR of those keys
  std::vector<std::uint32_t> lonely_;
  struct Peeled {
    std::uint64_t key;
    std::uint8_t place;  // which of its three is its own
  };
  std::vector<Peeled> peeled_;
};

}  // namespace adbacus
