// Upper case of the short codes that senders write in either case. Pure but for the arena, which
// gets the new text.
#pragma once

#include <string_view>

#include "model/event_codec.hpp"

namespace adbacus {

inline bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

inline std::string_view upper_case(std::string_view text, Arena& arena) {
  char* out = arena.allocate(text.size());
  for (std::size_t i = 0; i < text.size(); ++i)
    out[i] = is_lower(text[i]) ? static_cast<char>(text[i] - ('a' - 'A')) : text[i];
  return {out, text.size()};
}

// "de" becomes "DE"; anything but two letters stays as it is.
inline std::string_view normal_country(std::string_view country, Arena& arena) {
  if (country.size() != 2 || (!is_lower(country[0]) && !is_lower(country[1]))) return country;
  return upper_case(country, arena);
}

}  // namespace adbacus
