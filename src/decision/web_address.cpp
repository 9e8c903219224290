#include "decision/web_address.hpp"

#include <algorithm>

#include "http/text.hpp"

namespace adbacus {

WebAddress web_address(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  const std::string_view rest = url.substr(scheme + 3);
  const std::size_t host_end = std::min(rest.find_first_of("/?#"), rest.size());
  std::string_view host = rest.substr(0, host_end);
  if (const auto user = host.rfind('@'); user != std::string_view::npos) {
    host.remove_prefix(user + 1);
  }
  const std::size_t port = host.rfind(':');
  if (!host.ends_with(']')) host = host.substr(0, port);  // not within an IPv6 address
  WebAddress out;
  out.host = host;
  std::transform(out.host.begin(), out.host.end(), out.host.begin(), http::lower_ascii);
  const std::string_view behind = rest.substr(host_end);
  const std::string_view path = behind.substr(0, behind.find_first_of("?#"));
  out.path = path.empty() ? std::string_view("/") : path;
  return out;
}

}  // namespace adbacus
