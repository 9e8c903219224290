#include "http/http_url.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "http/text.hpp"

namespace adbacus::http {
namespace {

constexpr std::string_view kPlainScheme = "http://";
constexpr std::string_view kTlsScheme = "https://";
constexpr std::uint16_t kPlainPort = 80;
constexpr std::uint16_t kTlsPort = 443;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_host(std::string_view host, bool in_brackets) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [&](char c) {
    return is_letter_or_digit(c) || c == '.' || (in_brackets ? c == ':' : c == '-' || c == '_');
  });
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc() || stopped != end || port == 0) return std::nullopt;
  return port;
}

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

bool read_authority(std::string_view authority, HttpUrl& url) {
  const bool in_brackets = authority.starts_with('[');
  const std::size_t host_end = authority.find(in_brackets ? ']' : ':');
  std::string_view rest;
  if (in_brackets) {
    if (host_end == std::string_view::npos) return false;
    rest = authority.substr(host_end + 1);
    url.host = authority.substr(1, host_end - 1);
  } else {
    url.host = authority.substr(0, host_end);
    if (host_end != std::string_view::npos) rest = authority.substr(host_end);
  }
  std::transform(url.host.begin(), url.host.end(), url.host.begin(), lower_ascii);
  if (!is_host(url.host, in_brackets)) return false;
  url.port = url.is_tls ? kTlsPort : kPlainPort;
  if (rest.empty()) return true;
  const auto port = rest.front() == ':' ? parse_port(rest.substr(1)) : std::nullopt;
  url.port = port.value_or(std::uint16_t{0});
  return port.has_value();
}

}  // namespace

std::string HttpUrl::origin() const {
  return std::string(is_tls ? kTlsScheme : kPlainScheme) + bracketed(host) + ":" +
         std::to_string(port);
}

std::string HttpUrl::authority() const {
  const bool is_usual = port == (is_tls ? kTlsPort : kPlainPort);
  return is_usual ? bracketed(host) : bracketed(host) + ":" + std::to_string(port);
}

Result<HttpUrl> parse_http_url(std::string_view text) {
  const Error bad{ErrorCode::invalid_argument, "not an http:// or https:// URL of a host: \"" +
                                                   std::string(text.substr(0, 200)) + "\""};
  HttpUrl url;
  url.is_tls = text.starts_with(kTlsScheme);
  if (!url.is_tls && !text.starts_with(kPlainScheme)) return bad;
  const bool is_plain_text = std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < '\x7f' && c != '\\' && c != '#';
  });
  if (!is_plain_text) return bad;
  text.remove_prefix(url.is_tls ? kTlsScheme.size() : kPlainScheme.size());
  const std::size_t end = std::min(text.find_first_of("/?"), text.size());
  if (!read_authority(text.substr(0, end), url)) return bad;
  url.target = text.substr(end);
  if (!url.target.starts_with('/')) url.target.insert(0, 1, '/');
  return url;
}

}  // namespace adbacus::http
