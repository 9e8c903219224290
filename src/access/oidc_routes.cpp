#include "access/oidc_routes.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "base/hmac.hpp"
#include "base/logging.hpp"
#include "catalog/entity_store.hpp"
#include "catalog/schema/stored.hpp"
#include "http/deferred_answer.hpp"
#include "http/peers.hpp"
#include "http/session_cookie.hpp"

namespace adbacus {
namespace {

const QueryPoolOptions kPool{
    .threads = 2, .queue_max = 32, .running_per_tenant_max = 1, .name = "oidc"};
constexpr const char* kPath = "/v1/session/oidc";
constexpr std::size_t kCodeBytesMax = 4'096;
constexpr std::size_t kTenantBytesMax = 128;

std::string address_of(const http::Request& request) {
  const auto address = http::PeerAddress::parse(request.remote_ip);
  return address ? http::counting_key(*address).text() : request.remote_ip;
}

// The value of a parameter that stands there once; else empty.
std::string once(const http::Request& request, std::string_view name) {
  std::string value;
  int count = 0;
  for (const http::QueryParam& param : request.query) {
    if (param.name != name) continue;
    value = param.value;
    ++count;
  }
  return count == 1 ? value : std::string();
}

// The provider's own word for why, if it is one of RFC 6749, 4.1.2.1: nothing else is passed on.
std::string_view known_error(std::string_view text) {
  for (const std::string_view known :
       {"access_denied", "invalid_request", "unauthorized_client", "unsupported_response_type",
        "invalid_scope", "server_error", "temporarily_unavailable", "login_required",
        "interaction_required", "consent_required", "account_selection_required"}) {
    if (text == known) return known;
  }
  return "another error";
}

http::Response not_configured(const http::Request& request) {
  return http::problem(request, 404, "oidc_not_configured",
                       "This server has no provider of sign-in (access.oidc_issuer).");
}

}  // namespace

OidcRoutes::OidcRoutes(Catalog& catalog, Clock& clock, RateLimits& limits,
                       SessionAuthenticator& sessions, const SessionOptions& session_options,
                       const OidcOptions& options)
    : catalog_(catalog),
      clock_(clock),
      is_secure_(session_options.is_secure),
      opener_(catalog, clock, sessions, session_options),
      guard_(limits, clock, {}),
      provider_(options.issuer.empty() ? nullptr : std::make_unique<OidcProvider>(options, clock)),
      pool_(kPool) {}

void OidcRoutes::add_routes(http::Router& router) {
  http::RouteSpec spec;
  spec.path = kPath;
  spec.summary =
      "Sign in with the organisation's provider (OpenID Connect): sends the browser there";
  spec.is_open = true;
  spec.for_limited = true;
  spec.success_status = 302;
  spec.tags = {"access"};
  spec.params = {{"tenant_id", "query", "string", false, "default 1"},
                 {"return_to", "query", "string", false, "path to go to afterwards; default /"}};
  router.add(spec, [this](const http::Request& request, http::Responder responder) {
    responder.send(begin(request));
  });
  spec.path = kOidcCallbackPath;
  spec.summary = "Where the provider sends the browser back; opens the session";
  spec.success_status = 303;
  spec.params = {{"code", "query", "string", false, "of the provider"},
                 {"state", "query", "string", false, "as it was sent there"}};
  router.add(spec, [this](const http::Request& request, http::Responder responder) {
    auto answer = std::make_shared<http::DeferredAnswer>(request, std::move(responder));
    pool_.submit(address_of(request), [this, answer] { answer->send(finish(answer->request())); });
  });
}

http::Response OidcRoutes::begin(const http::Request& request) const {
  if (!provider_) return not_configured(request);
  const std::string* tenant = request.param("tenant_id");
  const std::string* path = request.param("return_to");
  const std::string tenant_id = tenant == nullptr || tenant->empty() ? "1" : *tenant;
  const std::string return_to = path == nullptr || path->empty() ? "/" : *path;
  if (!is_local_path(return_to) || tenant_id.size() > kTenantBytesMax) {
    return http::problem(request, 422, "invalid_parameter",
                         "return_to must be a path of this server, tenant_id the id of a tenant.");
  }
  const OidcFlow flow = begin_oidc_flow(tenant_id, return_to, clock_.wall_us());
  const std::string url = provider_->authorization_url(flow);
  if (url.empty()) {
    return http::problem(request, 503, "oidc_provider_unavailable",
                         "The provider of sign-in has not answered yet.");
  }
  return {302,
          "",
          {{"Location", url},
           {"Set-Cookie", flow_cookie(flow.cookie, kOidcFlowS)},
           {"Cache-Control", "no-store"},
           {"Referrer-Policy", "no-referrer"}},
          ""};
}

http::Response OidcRoutes::finish(const http::Request& request) {
  if (!provider_) return not_configured(request);
  const auto flow =
      read_oidc_flow(http::cookie_in(request.header("cookie"), kOidcCookie), clock_.wall_us());
  if (!flow || !equal_secrets(once(request, "state"), flow->state())) {
    return http::problem(request, 400, "oidc_state_wrong",
                         "This browser has not begun to sign in, or began again elsewhere, or more "
                         "than 10 minutes ago: begin anew.");
  }
  const TimeUs wait_us = guard_.begin(address_of(request), "oidc\n" + flow->state());
  if (wait_us > 0) {
    auto answer = http::problem(request, 429, "too_many_tries", "Too many tries to sign in.");
    answer.headers.emplace_back("Retry-After",
                                std::to_string((wait_us + kSecondUs - 1) / kSecondUs));
    return answer;
  }
  if (const std::string* issuer = request.param("iss");
      issuer != nullptr && *issuer != provider_->issuer()) {  // RFC 9207
    return refuse(request, *flow, 400, "oidc_issuer_wrong", "The answer is of another provider.");
  }
  if (const std::string* error = request.param("error"); error != nullptr) {
    return refuse(request, *flow, 403, "oidc_refused",
                  fmt::format("The provider says: {}.", known_error(*error)));
  }
  const std::string code = once(request, "code");
  if (code.empty() || code.size() > kCodeBytesMax) {
    return refuse(request, *flow, 400, "oidc_code_missing", "The provider sent no code.");
  }
  const auto identity = provider_->redeem(*flow, code);
  if (identity) return sign_in(request, *flow, *identity);
  const Error& error = identity.error();
  if (error.code == ErrorCode::unavailable) {
    log_warn("the provider of sign-in does not exchange a code", {{"error", error.message}});
    return http::problem(request, 503, "oidc_provider_unavailable",
                         "The provider of sign-in does not answer: try again.");
  }
  return refuse(request, *flow, 401,
                error.code == ErrorCode::forbidden ? "oidc_code_refused" : "oidc_token_refused",
                "Not signed in: " + error.message + ".");
}

http::Response OidcRoutes::sign_in(const http::Request& request, const OidcFlow& flow,
                                   const OidcIdentity& identity) {
  const auto user = user_of(flow.tenant_id, identity);
  if (!user) return http::problem(request, user.error());
  if (!*user) {
    // The same for a tenant that there is not.
    return refuse(request, flow, 403, "oidc_user_unknown",
                  identity.email.empty()
                      ? "The provider vouches for no e-mail address, and nobody here is known by "
                        "this sub."
                      : "Nobody who may sign in here is known by this e-mail address or sub.");
  }
  const auto secret = opener_.open(request, flow.tenant_id, **user);
  if (!secret) return http::problem(request, secret.error());
  return {303,
          "",
          {{"Location", flow.return_to},
           {"Set-Cookie", flow_cookie("", 0)},
           {"Set-Cookie", opener_.cookie(*secret)},
           {"Cache-Control", "no-store"},
           {"Referrer-Policy", "no-referrer"}},
          ""};
}

// By the provider's own name for the person where a user has one, else by an address that the
// provider has verified: whoever gets an address later is another person.
Result<std::optional<std::string>> OidcRoutes::user_of(const std::string& tenant_id,
                                                       const OidcIdentity& identity) {
  const auto tenant = catalog_.tenant(tenant_id);
  if (!tenant) return tenant.error();
  if (!*tenant) return {std::nullopt};
  const std::pair<const char*, const std::string&> ways[] = {{"oidc_subject", identity.subject},
                                                             {"email", identity.email}};
  for (const auto& [field, value] : ways) {
    if (value.empty()) continue;
    EntityQuery query;
    query.tenant_id = tenant_id;
    query.kind = EntityKind::user;
    query.filters = {{field, {value}}};
    query.limit = 1;
    const auto found = catalog_.entities().list(query);
    if (!found) return found.error();
    if (found->empty()) continue;
    const auto user = read_entity<User>(found->front());
    if (!user) return user.error();
    const bool is_meant = user->oidc_subject.empty() || user->oidc_subject == identity.subject;
    if (!is_meant || user->status != SwitchStatus::active) return {std::nullopt};
    return {found->front().id};
  }
  return {std::nullopt};
}

http::Response OidcRoutes::refuse(const http::Request& request, const OidcFlow& flow, int status,
                                  const char* code, const std::string& detail) {
  if (const auto tenant = catalog_.tenant(flow.tenant_id); tenant && *tenant) {
    opener_.audit(request, flow.tenant_id, "", "sign_in_refused", "session");
  }
  auto answer = http::problem(request, status, code, detail);
  answer.headers.emplace_back("Set-Cookie", flow_cookie("", 0));
  return answer;
}

std::string OidcRoutes::flow_cookie(const std::string& value, std::int64_t age_s) const {
  return fmt::format("{}={}; Path={}; Max-Age={}; HttpOnly; SameSite=Lax{}", kOidcCookie, value,
                     kPath, age_s, is_secure_ ? "; Secure" : "");
}

}  // namespace adbacus
