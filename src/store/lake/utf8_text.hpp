// Parquet text must be UTF-8, or readers refuse the whole file. Pure functions.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace adbacus {

// Every byte below 0x80: the common case, decided in a few instructions.
inline bool is_ascii(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080ULL;
  std::uint64_t bits = 0;
  std::uint64_t word = 0;
  if (text.size() >= sizeof word) {
    for (std::size_t at = 0; at + sizeof word <= text.size(); at += sizeof word) {
      std::memcpy(&word, text.data() + at, sizeof word);
      bits |= word;
    }
    std::memcpy(&word, text.data() + text.size() - sizeof word, sizeof word);
    bits |= word;
  } else {
    for (const char c : text) bits |= static_cast<unsigned char>(c);
  }
  return (bits & kHighBits) == 0;
}
// RFC 3629: no overlong forms, no surrogates, at most U+10FFFF.
bool valid_utf8(std::string_view text);
// Each byte that does not belong to a valid sequence becomes U+FFFD.
std::string repair_utf8(std::string_view text);

}  // namespace adbacus
