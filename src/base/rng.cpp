#include "base/rng.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <sys/random.h>

namespace adbacus {

void secure_random(std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t got = ::getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) std::abort();
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

std::uint64_t secure_random_u64() {
  std::uint64_t value = 0;
  secure_random(std::as_writable_bytes(std::span(&value, 1)));
  return value;
}

std::string uuid_v7(std::int64_t unix_ms, std::uint64_t random_a, std::uint64_t random_b) {
  const std::uint64_t high =
      (static_cast<std::uint64_t>(unix_ms) << 16) | 0x7000U | (random_a & 0x0fffU);
  const std::uint64_t low = (random_b & 0x3fffffffffffffffULL) | 0x8000000000000000ULL;
  constexpr std::array<char, 17> kHex{"0123456789abcdef"};
  std::string text;
  text.reserve(36);
  for (int nibble = 0; nibble < 32; ++nibble) {
    if (nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20) text.push_back('-');
    const std::uint64_t half = nibble < 16 ? high : low;
    text.push_back(kHex[(half >> (60 - 4 * (nibble % 16))) & 0xf]);
  }
  return text;
}

}  // namespace adbacus
