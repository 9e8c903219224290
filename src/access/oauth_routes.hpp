// POST /oauth/token: a program gives its key and gets a token for a quarter of an hour (OAuth 2.0
// client credentials, RFC 6749, 4.4). Built by the service; handlers run on I/O threads, the
// catalog is asked on a thread of the routes' own.
#pragma once

#include "access/own_tokens.hpp"
#include "base/query_pool.hpp"
#include "http/router.hpp"

namespace adbacus {

class OauthRoutes {
 public:
  // `keys` says whose key it is. Both must outlive the object.
  OauthRoutes(http::Authenticator& keys, OwnTokens& tokens);
  void add_routes(http::Router& router, http::RateGate& gate);
  void stop() { pool_.stop(); }  // idempotent

 private:
  http::Response answer(const http::Request& request);

  http::Authenticator& keys_;
  OwnTokens& tokens_;
  QueryPool pool_;
};

}  // namespace adbacus
