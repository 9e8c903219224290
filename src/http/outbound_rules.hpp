// Where requests that this server makes by itself may go, so that no configured or foreign URL
// makes it speak to machines of its own network (server-side request forgery). Read-only after it
// is made; any thread.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "http/http_url.hpp"
#include "http/peers.hpp"

namespace adbacus::http {

// Whether the address belongs to the public Internet: not to a host, link, site, test, tunnel or
// multicast range (the special-purpose registries of RFC 6890). An IPv4 address in IPv6 counts as
// what it is.
bool is_public_address(const PeerAddress& address);

class OutboundRules {
 public:
  OutboundRules() = default;  // https, port 443, public addresses
  // Besides, the servers named by these origins ("https://id.internal:8443"), wherever they are;
  // "http://…" allows one without TLS. invalid_argument names the bad one.
  static Result<OutboundRules> make(const std::vector<std::string>& allowed);
  // No rules: for commands, whose caller names the server himself.
  static OutboundRules unrestricted();

  // Before the name is looked up. forbidden: the scheme or port is not allowed.
  Result<void> check(const HttpUrl& url) const;
  // Each address that the name stands for. forbidden: it is not public.
  Result<void> check(const HttpUrl& url, const PeerAddress& address) const;

 private:
  bool is_named(const HttpUrl& url) const;
  bool is_unrestricted_ = false;
  std::vector<std::string> allowed_;  // HttpUrl::origin()
};

}  // namespace adbacus::http
