#include "model/id_shape.hpp"

#include <array>

namespace adbacus {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_separator(char c) {
  return c == ' ' || c == '-' || c == '.' || c == '/' || c == '(' || c == ')';
}

bool looks_like_email(std::string_view id) {
  const std::size_t at = id.find('@');
  if (at == std::string_view::npos || at == 0) return false;
  const std::string_view host = id.substr(at + 1);
  const std::size_t dot = host.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || host.size() - dot < 3) return false;
  return host.find_first_of("@ /:") == std::string_view::npos;
}

// "555-123-4567" with any one of '-', '.', ' ' between the groups.
bool is_grouped_3_3_4(std::string_view id) {
  if (id.size() != 12) return false;
  for (std::size_t i = 0; i < id.size(); ++i) {
    const bool separator = i == 3 || i == 7;
    if (separator ? (id[i] != '-' && id[i] != '.' && id[i] != ' ') : !is_digit(id[i])) return false;
  }
  return true;
}

bool looks_like_phone(std::string_view id) {
  if (is_grouped_3_3_4(id)) return true;
  if (id.front() != '+' && id.front() != '(') return false;
  std::size_t digits = 0;
  for (const char c : id.substr(id.front() == '+' ? 1 : 0)) {
    if (is_digit(c)) {
      ++digits;
    } else if (!is_separator(c)) {
      return false;
    }
  }
  return digits >= 7 && digits <= 15;
}

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (text.size() < prefix.size()) return false;
  for (std::size_t i = 0; i < prefix.size(); ++i)
    if (lower(text[i]) != prefix[i]) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

bool looks_like_pii(std::string_view id) {
  if (id.empty()) return false;
  const char first = id.front();
  if ((first == '+' || first == '(' || is_digit(first)) && looks_like_phone(id)) return true;
  return looks_like_email(id);
}

bool valid_web_url(std::string_view url) {
  if (!take_prefix(url, "https://") && !take_prefix(url, "http://")) return false;
  if (url.empty() || url.front() == '/' || url.front() == '?' || url.front() == '#') return false;
  for (const char c : url) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f || c == '\\') return false;
  }
  return true;
}

}  // namespace adbacus
