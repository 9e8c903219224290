// Loads and copies of short texts without calls and almost without branches, for the paths that
// every event takes. They touch no byte outside the text. Pure functions, thread-safe.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace adbacus {

// Eight bytes at `p`, little-endian as the machine has it.
inline std::uint64_t load_word(const char* p) {
  std::uint64_t word = 0;
  std::memcpy(&word, p, sizeof word);
  return word;
}

// The first eight bytes of `text`, or all of it with zeros behind.
inline std::uint64_t first_word(std::string_view text) {
  const std::size_t size = text.size();
  if (size >= 8) return load_word(text.data());
  if (size >= 4) {  // two loads that overlap
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    std::memcpy(&low, text.data(), 4);
    std::memcpy(&high, text.data() + size - 4, 4);
    return low | (static_cast<std::uint64_t>(high) << (8 * (size - 4)));
  }
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < size; ++i)
    word |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[i])) << (8 * i);
  return word;
}

// Copies `text` to `out`, which must not overlap it; returns the end of the copy.
inline char* put_text(char* out, std::string_view text) {
  const std::size_t size = text.size();
  const char* const from = text.data();
  if (size > 16) {
    std::memcpy(out, from, size);
  } else if (size >= 8) {
    std::memcpy(out, from, 8);
    std::memcpy(out + size - 8, from + size - 8, 8);
  } else if (size >= 4) {
    std::memcpy(out, from, 4);
    std::memcpy(out + size - 4, from + size - 4, 4);
  } else if (size > 0) {  // first, middle and last byte are all of it
    out[0] = from[0];
    out[size / 2] = from[size / 2];
    out[size - 1] = from[size - 1];
  }
  return out + size;
}

}  // namespace adbacus
