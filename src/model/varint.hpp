// LEB128 variable-length integers and zigzag, for our own binary formats. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace adbacus {

inline void put_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7U;
  }
  out.push_back(static_cast<char>(value));
}

// The same into a buffer with room for ten bytes; returns the end.
inline char* put_varint(char* out, std::uint64_t value) {
  while (value >= 0x80) {
    *out++ = static_cast<char>(value | 0x80);
    value >>= 7U;
  }
  *out++ = static_cast<char>(value);
  return out;
}

// Takes a varint from the front of `in`; false (and `in` undefined) if it is cut off or longer than
// ten bytes.
inline bool take_varint(std::string_view& in, std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    if (in.empty()) return false;
    const auto byte = static_cast<unsigned char>(in.front());
    in.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7fU) << (shift < 64 ? shift : 63);
    if (byte < 0x80) return shift < 63 || byte <= 1;
  }
  return false;
}

inline std::uint64_t zigzag(std::int64_t v) {
  return (static_cast<std::uint64_t>(v) << 1U) ^ static_cast<std::uint64_t>(v >> 63);
}
inline std::int64_t unzigzag(std::uint64_t v) {
  return static_cast<std::int64_t>(v >> 1U) ^ -static_cast<std::int64_t>(v & 1U);
}

}  // namespace adbacus
