// The only source of randomness. secure_random() is for keys, tokens and ids; Rng is a fast,
// seedable generator for tests, jitter and load. An Rng belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace adbacus {

__extension__ using Uint128 = unsigned __int128;

// Fills `out` from the kernel's generator. Aborts the process if the kernel has none.
void secure_random(std::span<std::byte> out);
std::uint64_t secure_random_u64();

// splitmix64 (Steele, Lea, Flood 2014): 64-bit state, equidistributed, not for secrets.
class Rng {
 public:
  explicit Rng(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  // Uniform in [0, bound); bound > 0. Bias below 2^-32 for bounds below 2^32.
  std::uint64_t below(std::uint64_t bound) {
    return static_cast<std::uint64_t>((static_cast<Uint128>(next()) * bound) >> 64);
  }
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }  // [0, 1)

 private:
  std::uint64_t state_;
};

// RFC 9562 version 7, canonical lower-case text; `unix_ms` is its time field.
std::string uuid_v7(std::int64_t unix_ms, std::uint64_t random_a, std::uint64_t random_b);

}  // namespace adbacus
