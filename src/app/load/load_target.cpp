#include "app/load/load_target.hpp"

#include <cstring>
#include <netdb.h>
#include <string_view>

namespace adbacus {

Result<LoadTarget> LoadTarget::resolve(const std::string& url) {
  constexpr std::string_view kScheme = "http://";
  const Error bad{ErrorCode::invalid_argument, "url: http://host:port expected, not " + url};
  if (!url.starts_with(kScheme)) return bad;
  LoadTarget target;
  target.authority = url.substr(kScheme.size());
  if (target.authority.ends_with('/')) target.authority.pop_back();
  if (target.authority.find_first_of("/?# \r\n@") != std::string::npos) return bad;
  std::string host = target.authority;
  std::string port = "80";
  const std::size_t colon = host.rfind(':');
  if (colon != std::string::npos && host.find(']', colon) == std::string::npos) {
    port = host.substr(colon + 1);
    host.resize(colon);
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty()) return bad;

  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int code = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); code != 0) {
    return Error{ErrorCode::unavailable, "url: " + host + ": " + ::gai_strerror(code)};
  }
  std::memcpy(&target.address, found->ai_addr, found->ai_addrlen);
  target.address_bytes = found->ai_addrlen;
  ::freeaddrinfo(found);
  return target;
}

}  // namespace adbacus
