// Small rules of HTTP text that several files of this module share: token characters, case folding,
// comma lists (RFC 9110, 5.6). Pure functions, thread-safe.
#pragma once

#include <string_view>

namespace adbacus::http {

constexpr char lower_ascii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i] && lower_ascii(a[i]) != lower_ascii(b[i])) return false;
  }
  return true;
}

constexpr std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Takes the first element off a separated list, trimmed; the list keeps what follows.
constexpr std::string_view take_element(std::string_view& list, char separator) {
  const std::size_t end = list.find(separator);
  const std::string_view element = trim_blanks(list.substr(0, end));
  list = end == std::string_view::npos ? std::string_view() : list.substr(end + 1);
  return element;
}

}  // namespace adbacus::http
