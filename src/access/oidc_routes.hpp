// /v1/session/oidc: people sign in with the organisation's provider (docs/api/access.md). Built by
// the service; handlers run on I/O threads, the provider and the catalog are asked on threads of
// the routes' own.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "access/oidc_provider.hpp"
#include "access/session_opener.hpp"
#include "access/sign_in_guard.hpp"
#include "base/query_pool.hpp"
#include "http/router.hpp"

namespace adbacus {

class OidcRoutes {
 public:
  // All but the options must outlive the object. Without an issuer the paths are there and answer
  // 404.
  OidcRoutes(Catalog& catalog, Clock& clock, RateLimits& limits, SessionAuthenticator& sessions,
             const SessionOptions& session_options, const OidcOptions& options);
  void add_routes(http::Router& router);
  void stop() { pool_.stop(); }  // idempotent

 private:
  http::Response begin(const http::Request& request) const;
  http::Response finish(const http::Request& request);
  http::Response sign_in(const http::Request& request, const OidcFlow& flow,
                         const OidcIdentity& identity);
  // The user whom the provider's answer means and who may sign in; nullopt: nobody.
  Result<std::optional<std::string>> user_of(const std::string& tenant_id,
                                             const OidcIdentity& identity);
  // Tells of a refusal in the tenant's audit log, if there is such a tenant.
  http::Response refuse(const http::Request& request, const OidcFlow& flow, int status,
                        const char* code, const std::string& detail);
  std::string flow_cookie(const std::string& value, std::int64_t age_s) const;

  Catalog& catalog_;
  Clock& clock_;
  const bool is_secure_;
  SessionOpener opener_;
  SignInGuard guard_;
  std::unique_ptr<OidcProvider> provider_;  // null without an issuer
  QueryPool pool_;
};

}  // namespace adbacus
