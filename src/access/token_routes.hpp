// /v1/denied-tokens: tokens of another issuer that a tenant accepts no more, though they have not
// expired (docs/api/access.md). Built by the service; handlers run on I/O threads, the catalog is
// asked on a thread of the routes' own.
#pragma once

#include <functional>
#include <string>

#include "base/clock.hpp"
#include "base/query_pool.hpp"
#include "catalog/catalog.hpp"
#include "http/router.hpp"

namespace adbacus {

class TokenRoutes {
 public:
  // `issuer` is whose tokens are meant where a request names nobody; `changed` makes a denial known
  // to this process at once.
  TokenRoutes(Catalog& catalog, Clock& clock, std::string issuer, std::function<void()> changed);
  void add_routes(http::Router& router);
  void stop() { pool_.stop(); }  // idempotent

 private:
  using Work = http::Response (TokenRoutes::*)(const http::Request& request);
  void submit(const http::Request& request, http::Responder responder, Work work);
  http::Response list(const http::Request& request);
  http::Response deny(const http::Request& request);
  void audit(const http::Request& request, const DeniedToken& token);

  Catalog& catalog_;
  Clock& clock_;
  const std::string issuer_;
  const std::function<void()> changed_;
  QueryPool pool_;
};

}  // namespace adbacus
