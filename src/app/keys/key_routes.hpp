// /v1/keys: keys of the caller's tenant are listed, made, rotated and revoked while the server runs
// (docs/api/keys.md). Built by the service; handlers run on I/O threads, the catalog is asked on a
// thread of the routes' own.
#pragma once

#include <functional>
#include <optional>

#include "base/clock.hpp"
#include "base/query_pool.hpp"
#include "catalog/catalog.hpp"
#include "catalog/key_administration.hpp"
#include "http/router.hpp"

namespace adbacus {

class KeyRoutes {
 public:
  // `changed` makes a change known to this process at once.
  KeyRoutes(Catalog& catalog, Clock& clock, std::function<Result<void>()> changed);
  void add_routes(http::Router& router);
  void stop() { pool_.stop(); }  // idempotent

 private:
  using Work = http::Response (KeyRoutes::*)(const http::Request& request);
  void submit(const http::Request& request, http::Responder responder, Work work);
  http::Response list(const http::Request& request);
  http::Response create(const http::Request& request);
  http::Response revoke(const http::Request& request);
  http::Response rotate(const http::Request& request);
  http::Response show_created(const CreatedKey& created);
  KeyAdministration administration(const http::Request& request);
  std::optional<http::Response> repeated(const http::Request& request);

  Catalog& catalog_;
  Clock& clock_;
  const std::function<Result<void>()> changed_;
  QueryPool pool_;
};

}  // namespace adbacus
