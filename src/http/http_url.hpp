// The absolute URLs that our client is given: http and https, without user or fragment. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace adbacus::http {

struct HttpUrl {
  bool is_tls = false;
  std::string host;  // lower case; an IPv6 address without its brackets
  std::uint16_t port = 0;
  std::string target;  // path and query, at least "/"
  // "https://host:port", always with the port: equal for URLs that reach the same server.
  std::string origin() const;
  // For the header field Host: the port only where it is not the scheme's own.
  std::string authority() const;
};

// invalid_argument: anything else, among it control characters, blanks, backslashes, letters
// outside ASCII and a host with a user in front.
Result<HttpUrl> parse_http_url(std::string_view text);

}  // namespace adbacus::http
