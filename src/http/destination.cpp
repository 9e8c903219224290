#include "http/destination.hpp"

#include <algorithm>

#include "http/text.hpp"
#include "http/url.hpp"

namespace adbacus::http {
namespace {

constexpr std::string_view kHttps = "https://";
constexpr std::string_view kHttp = "http://";
constexpr std::size_t kUrlBytesMax = 2048;
constexpr std::size_t kHostBytesMax = 253;

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return equals_ignoring_case(text.substr(0, prefix.size()), prefix);
}

// Behind the scheme; empty if it is another one.
std::string_view behind_scheme(std::string_view url) {
  if (starts_with_ignoring_case(url, kHttps)) return url.substr(kHttps.size());
  if (starts_with_ignoring_case(url, kHttp)) return url.substr(kHttp.size());
  return {};
}

std::string_view authority_of(std::string_view url) {
  const std::string_view rest = behind_scheme(url);
  return rest.substr(0, rest.find_first_of("/?#"));
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_host(std::string_view host) {
  if (host.starts_with('[')) {  // an IPv6 address
    return host.size() > 4 && host.ends_with(']') &&
           host.substr(1, host.size() - 2).find_first_not_of("0123456789abcdefABCDEF:.") ==
               std::string_view::npos;
  }
  if (host.empty() || host.size() > kHostBytesMax || host.front() == '.') return false;
  if (host.find("..") != std::string_view::npos) return false;
  return std::all_of(host.begin(), host.end(), [](char c) {
    const char low = lower_ascii(c);
    return (low >= 'a' && low <= 'z') || is_digit(c) || c == '-' || c == '_' || c == '.';
  });
}

bool is_port(std::string_view port) {
  return !port.empty() && port.size() <= 5 && std::all_of(port.begin(), port.end(), is_digit);
}

// Where the port's colon is; a colon inside brackets is the address's.
std::size_t port_colon(std::string_view authority) {
  return authority.find(':', authority.starts_with('[') ? authority.find(']') : 0);
}

// Something may decode it once more on the way.
bool has_encoded_break(std::string_view url) {
  for (std::size_t at = url.find('%'); at != std::string_view::npos; at = url.find('%', at + 1)) {
    const std::string_view code = url.substr(at + 1, 2);
    for (const char* bad : {"0d", "0a", "00"})
      if (equals_ignoring_case(code, bad)) return true;
  }
  return false;
}

}  // namespace

bool is_safe_destination(std::string_view url) {
  if (url.empty() || url.size() > kUrlBytesMax) return false;
  const bool is_visible = std::all_of(
      url.begin(), url.end(), [](char c) { return c > ' ' && c < 0x7f && c != '\\' && c != '"'; });
  if (!is_visible || has_encoded_break(url)) return false;
  const std::string_view authority = authority_of(url);
  const std::size_t colon = port_colon(authority);
  if (!is_host(authority.substr(0, colon))) return false;
  if (colon != std::string_view::npos && !is_port(authority.substr(colon + 1))) return false;
  return !behind_scheme(url).substr(authority.size()).starts_with("//");
}

bool is_https(std::string_view url) {
  return starts_with_ignoring_case(url, kHttps);
}

std::string destination_host(std::string_view url) {
  const std::string_view authority = authority_of(url);
  std::string host(authority.substr(0, port_colon(authority)));
  for (char& c : host) c = lower_ascii(c);
  while (host.ends_with('.')) host.pop_back();  // the root's dot names the same host
  return host;
}

bool is_in_domains(std::string_view host, std::span<const std::string> domains) {
  return std::any_of(domains.begin(), domains.end(), [&](const std::string& domain) {
    if (!host.ends_with(domain)) return false;
    return host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.';
  });
}

std::string ascii_url(std::string_view url) {
  std::string out;
  out.reserve(url.size());
  for (std::size_t i = 0; i < url.size(); ++i) {
    const bool is_ascii = static_cast<unsigned char>(url[i]) < 0x80;
    is_ascii ? out.append(1, url[i]) : out.append(percent_encode(url.substr(i, 1)));
  }
  return out;
}

}  // namespace adbacus::http
