// Fields of our own small binary formats beside varints: fixed integers, little-endian, and texts
// behind their size. take_...() takes a field off the front of `in`; false if it is cut off. Pure
// functions.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "model/varint.hpp"

namespace adbacus {

static_assert(std::endian::native == std::endian::little);

inline void put_u64(std::string& out, std::uint64_t value) {
  std::array<char, sizeof value> bytes{};
  std::memcpy(bytes.data(), &value, bytes.size());
  out.append(bytes.data(), bytes.size());
}

inline bool take_u64(std::string_view& in, std::uint64_t& value) {
  if (in.size() < sizeof value) return false;
  std::memcpy(&value, in.data(), sizeof value);
  in.remove_prefix(sizeof value);
  return true;
}

inline void put_sized_text(std::string& out, std::string_view text) {
  put_varint(out, text.size());
  out.append(text);
}

// Text is std::string or, for a view into `in`, std::string_view.
template <class Text>
bool take_sized_text(std::string_view& in, Text& text) {
  std::uint64_t size = 0;
  if (!take_varint(in, size) || size > in.size()) return false;
  text = in.substr(0, size);
  in.remove_prefix(size);
  return true;
}

}  // namespace adbacus
