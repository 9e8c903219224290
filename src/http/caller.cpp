#include "http/caller.hpp"

#include <algorithm>

#include "base/hmac.hpp"
#include "http/response_head.hpp"
#include "http/session_cookie.hpp"
#include "http/text.hpp"

namespace adbacus::http {
namespace {

constexpr std::string_view kBearer = "bearer ";
constexpr std::string_view kSafeHeaders =
    "Authorization, Content-Encoding, Content-Type, X-Api-Key, X-Request-Id, X-Strict-Mode";
constexpr std::string_view kPreflightAgeS = "7200";  // the longest that browsers keep

struct Credential {
  std::string_view text;
  bool in_query = false;
};

// What the request says about its caller. Each part may stand there once.
struct Claims {
  std::string_view bearer;
  std::string_view api_key;
  std::string_view tenant;
  std::string_view origin;
  std::string_view query_key;
  std::string_view session;
  std::string_view csrf_token;
  bool has_repeated = false;
};

void note(std::string_view value, bool& seen, Claims& claims, std::string_view& into) {
  claims.has_repeated = claims.has_repeated || seen;
  seen = true;
  into = value;
}

Claims claims_of(const Request& request) {
  Claims claims;
  bool authorization = false;
  bool api_key = false;
  bool tenant = false;
  bool origin = false;
  bool session = false;
  for (const auto& [name, value] : request.headers) {
    if (equals_ignoring_case(name, "authorization")) {
      // Another scheme is none of ours: a proxy in front may have asked for it.
      const bool is_bearer = value.size() > kBearer.size() &&
                             equals_ignoring_case(value.substr(0, kBearer.size()), kBearer);
      note(is_bearer ? trim_blanks(value.substr(kBearer.size())) : std::string_view(),
           authorization, claims, claims.bearer);
    } else if (equals_ignoring_case(name, "x-api-key")) {
      note(value, api_key, claims, claims.api_key);
    } else if (equals_ignoring_case(name, "x-adbacus-tenant")) {
      note(value, tenant, claims, claims.tenant);
    } else if (equals_ignoring_case(name, "origin")) {
      note(value, origin, claims, claims.origin);
    } else if (equals_ignoring_case(name, "cookie")) {
      if (const auto found = session_in(value); !found.empty()) {
        note(found, session, claims, claims.session);
      }
    } else if (equals_ignoring_case(name, "x-csrf-token")) {
      claims.csrf_token = value;
    }
  }
  bool key = false;
  for (const QueryParam& param : request.query) {
    if (param.name == "key") note(param.value, key, claims, claims.query_key);
  }
  return claims;
}

// Two texts of which each may be missing; false if both are there and differ.
bool agree(std::string_view a, std::string_view b) {
  return a.empty() || b.empty() || a == b;
}

// A public key is in every page's source: it is worth something only together with the origin that
// browsers vouch for.
std::optional<Response> check_origin(const Request& request, Principal& principal,
                                     std::string_view origin) {
  if (origin.empty()) {
    return problem(request, 403, "origin_required",
                   "A public key is for web pages: their browsers send an Origin with every POST. "
                   "Send with a secret key from elsewhere.");
  }
  const bool is_allowed = principal.origins != nullptr &&
                          std::find(principal.origins->begin(), principal.origins->end(), origin) !=
                              principal.origins->end();
  if (!is_allowed) {
    return problem(request, 403, "origin_not_allowed",
                   "The Origin of this request is not one of the public key's origins.");
  }
  principal.origin = origin;
  return std::nullopt;
}

std::variant<Principal, Response> check(const Request& request, Authenticator& authenticator,
                                        const Claims& claims, const Credential& credential) {
  auto principal = authenticator.authenticate(credential.text, claims.tenant);
  if (!principal) return problem(request, principal.error());
  if (principal->is_public) {
    if (auto refusal = check_origin(request, *principal, claims.origin)) return *std::move(refusal);
  } else if (credential.in_query) {
    return problem(request, 401, "secret_key_in_query",
                   "A secret key does not belong into a URL, where others may read it: replace it, "
                   "and send the new one as Authorization: Bearer.");
  }
  return *std::move(principal);
}

bool changes_nothing(Method method) {
  return method == Method::get || method == Method::head || method == Method::options;
}

// A browser sends its cookie along whichever page asks: what changes something has to come from a
// page of ours that knows the session's token.
std::optional<Response> check_page(const Request& request, const Principal& principal,
                                   const Claims& claims) {
  if (changes_nothing(request.method)) return std::nullopt;
  if (claims.origin.empty()) {
    return problem(request, 403, "origin_required", "With a session, changes need an Origin.");
  }
  const bool is_listed = principal.origins != nullptr &&
                         std::find(principal.origins->begin(), principal.origins->end(),
                                   claims.origin) != principal.origins->end();
  if (!is_listed && !is_own_origin(claims.origin, request.header("host"))) {
    return problem(request, 403, "origin_not_allowed",
                   "The Origin of this request is none of this server's pages.");
  }
  if (!equal_secrets(claims.csrf_token, csrf_token_of(claims.session))) {
    return problem(request, 403, "csrf_token_wrong",
                   "With a session, changes need its token in X-Csrf-Token.");
  }
  return std::nullopt;
}

std::variant<Principal, Response> check_session(const Request& request,
                                                Authenticator& authenticator,
                                                const Claims& claims) {
  std::string credential(1, kSessionMark);
  credential += claims.session;
  auto principal = authenticator.authenticate(credential, claims.tenant);
  if (!principal) return problem(request, principal.error());
  if (auto refusal = check_page(request, *principal, claims)) return *std::move(refusal);
  return *std::move(principal);
}

}  // namespace

std::variant<Principal, Response> identify(const Request& request, Authenticator& authenticator,
                                           KeyPlaces places) {
  Claims claims = claims_of(request);
  const bool has_header_key = !claims.bearer.empty() || !claims.api_key.empty();
  if (places == KeyPlaces::headers) {
    if (!claims.query_key.empty() && !has_header_key) {
      return problem(request, 401, "key_in_query",
                     "This path takes no key in its query: send it as Authorization: Bearer.");
    }
    claims.query_key = {};
  }
  if (claims.has_repeated || !agree(claims.bearer, claims.api_key) ||
      !agree(claims.bearer, claims.query_key) || !agree(claims.api_key, claims.query_key)) {
    return problem(
        request, 400, "ambiguous_credential",
        "Authorization, X-Api-Key, the parameter key, X-Adbacus-Tenant and Origin may be "
        "sent once each, and keys sent in two places must be the same.");
  }
  const bool has_key = has_header_key || !claims.query_key.empty();
  if (!has_key && !claims.session.empty()) return check_session(request, authenticator, claims);
  Credential credential;
  credential.in_query = !claims.query_key.empty();
  credential.text = credential.in_query      ? claims.query_key
                    : !claims.bearer.empty() ? claims.bearer
                                             : claims.api_key;
  return check(request, authenticator, claims, credential);
}

Response preflight(const Request& request, Authenticator* authenticator, KeyPlaces places,
                   std::string_view methods, Response answer) {
  answer.headers.emplace_back("Vary", "Origin");
  const std::string_view origin = request.header("origin");
  if (origin.empty() || request.header("access-control-request-method").empty()) return answer;
  if (authenticator != nullptr && request.param("key") != nullptr) {
    auto caller = identify(request, *authenticator, places);
    if (auto* refusal = std::get_if<Response>(&caller)) return std::move(*refusal);
  }
  append_cors_fields(answer, origin);
  answer.headers.emplace_back("Access-Control-Allow-Methods", methods);
  answer.headers.emplace_back("Access-Control-Allow-Headers", kSafeHeaders);
  answer.headers.emplace_back("Access-Control-Max-Age", kPreflightAgeS);
  return answer;
}

}  // namespace adbacus::http
