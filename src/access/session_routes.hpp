// /v1/session: people sign in, see who they are, and sign out; /v1/users/{id}/password
// (docs/api/access.md). Built by the service; handlers run on I/O threads, passwords are hashed and
// the catalog is asked on threads of the routes' own.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/password.hpp"
#include "access/session_opener.hpp"
#include "access/sign_in_guard.hpp"
#include "base/query_pool.hpp"
#include "http/router.hpp"

namespace adbacus {

class SessionRoutes {
 public:
  // All must outlive the object.
  SessionRoutes(Catalog& catalog, Clock& clock, RateLimits& limits, SessionAuthenticator& sessions,
                const SessionOptions& options, const PasswordCost& cost);
  void add_routes(http::Router& router);
  void stop() { pool_.stop(); }  // idempotent

 private:
  using Work = http::Response (SessionRoutes::*)(const http::Request& request);
  struct Person;
  void submit(const http::Request& request, http::Responder responder, Work work);
  http::Response sign_in(const http::Request& request);
  http::Response show(const http::Request& request);
  http::Response sign_out(const http::Request& request);
  http::Response change_own_password(const http::Request& request);
  http::Response set_password(const http::Request& request);
  http::Response store_password(const http::Request& request, const std::string& user_id,
                                std::string_view password);
  Result<Person> person_named(const std::string& tenant_id, const std::string& email);
  http::Response open_session(const http::Request& request, const Person& person);
  std::optional<http::Response> check_page(const http::Request& request) const;

  Catalog& catalog_;
  Clock& clock_;
  SessionOpener opener_;
  const std::vector<std::string> origins_;
  const PasswordCost cost_;
  const std::string nobodys_password_;
  SignInGuard guard_;
  QueryPool pool_;
};

}  // namespace adbacus
