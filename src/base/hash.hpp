// Hashes: XXH3 keyed with a seed, and CRC-32C for bytes on disk. Pure functions, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace adbacus {

struct Hash128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend bool operator==(const Hash128&, const Hash128&) = default;
};

std::uint64_t hash64(std::string_view bytes, std::uint64_t seed);
Hash128 hash128(std::string_view bytes, std::uint64_t seed);

// CRC-32C (Castagnoli, RFC 3720), continued from `crc` (0 to start). Hardware instruction.
std::uint32_t crc32c(std::uint32_t crc, const void* data, std::size_t size);

}  // namespace adbacus
