#include "catalog/web_origin.hpp"

#include <algorithm>
#include <charconv>

namespace adbacus {
namespace {

constexpr std::size_t kHostBytesMax = 253;

bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Of a page, or of an app's web view ("capacitor://localhost").
bool is_scheme(std::string_view text) {
  return !text.empty() && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
         });
}

bool is_host(std::string_view text) {
  if (text.starts_with('[')) {
    return text.size() > 2 && text.ends_with(']') &&
           text.substr(1, text.size() - 2).find_first_not_of("0123456789abcdef:.") ==
               std::string_view::npos;
  }
  return !text.empty() && text.size() <= kHostBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
         });
}

bool is_port(std::string_view text, unsigned& port) {
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, port);
  return error == std::errc() && stopped == end && port > 0 && port <= 65'535;
}

}  // namespace

std::optional<std::string> canonical_origin(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  const std::size_t separator = lower.find("://");
  if (separator == std::string::npos) return std::nullopt;
  const std::string scheme = lower.substr(0, separator);
  std::string host = lower.substr(separator + 3);
  const std::size_t bracket = host.find(']');  // colons before it are the address's
  const std::size_t colon = host.find(':', bracket == std::string::npos ? 0 : bracket);
  unsigned port = 0;
  if (colon != std::string::npos) {
    if (!is_port(std::string_view(host).substr(colon + 1), port)) return std::nullopt;
    host.resize(colon);
  }
  if (!is_scheme(scheme) || !is_host(host)) return std::nullopt;
  const bool is_default = (scheme == "https" && port == 443) || (scheme == "http" && port == 80);
  if (port == 0 || is_default) return scheme + "://" + host;
  return scheme + "://" + host + ":" + std::to_string(port);
}

}  // namespace adbacus
