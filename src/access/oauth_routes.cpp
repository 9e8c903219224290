#include "access/oauth_routes.hpp"

#include <fmt/format.h>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/base64url.hpp"
#include "catalog/scope_names.hpp"
#include "http/deferred_answer.hpp"
#include "http/json_writer.hpp"
#include "http/text.hpp"
#include "http/url.hpp"

namespace adbacus {
namespace {

const QueryPoolOptions kPool{
    .threads = 1, .queue_max = 256, .running_per_tenant_max = 1, .name = "oauth"};
constexpr std::size_t kParamsMax = 20;
constexpr std::string_view kBasic = "basic ";

// RFC 6749, 5.2: errors of this route are not problem documents.
http::Response refusal(int status, std::string_view error, std::string_view description) {
  http::JsonWriter json;
  json.begin_object().member("error", error).member("error_description", description).end_object();
  http::Response answer{
      status, "application/json", {{"Cache-Control", "no-store"}}, std::move(json).take()};
  if (status == 401) answer.headers.emplace_back("WWW-Authenticate", "Basic");
  return answer;
}

struct Client {
  std::string id;
  std::string secret;
};

// RFC 6749, 2.3.1: both parts are form-encoded before they are joined.
std::optional<Client> basic_client(std::string_view field) {
  std::string text(http::trim_blanks(field.substr(kBasic.size())));
  while (text.ends_with('=')) text.pop_back();
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  const auto decoded = base64url_decode(text);
  const std::size_t colon = decoded ? decoded->find(':') : std::string::npos;
  if (colon == std::string::npos) return std::nullopt;
  const std::string_view whole = *decoded;
  auto id = http::percent_decode(whole.substr(0, colon), http::PlusSign::space);
  auto secret = http::percent_decode(whole.substr(colon + 1), http::PlusSign::space);
  if (!id || !secret) return std::nullopt;
  return Client{*std::move(id), *std::move(secret)};
}

// The value of a parameter that may be sent once; nullopt: it was sent twice.
std::optional<std::string> once(const std::vector<http::QueryParam>& params,
                                std::string_view name) {
  std::string value;
  int count = 0;
  for (const http::QueryParam& param : params) {
    if (param.name != name) continue;
    value = param.value;
    ++count;
  }
  return count > 1 ? std::nullopt : std::optional(std::move(value));
}

// Empty: no client, or two.
Client client_of(const http::Request& request, const std::vector<http::QueryParam>& params) {
  const std::string_view field = request.header("authorization");
  const auto id = once(params, "client_id");
  const auto secret = once(params, "client_secret");
  if (!id || !secret) return {};
  if (field.size() > kBasic.size() &&
      http::equals_ignoring_case(field.substr(0, kBasic.size()), kBasic)) {
    auto basic = basic_client(field);
    const bool is_one = basic && secret->empty() && (id->empty() || *id == basic->id);
    return is_one ? *std::move(basic) : Client{};
  }
  return {*id, *secret};
}

// What is asked for, or all that the key has; nullopt: more than that, or a name that there is not.
std::optional<std::uint32_t> scopes_of(std::string_view text, std::uint32_t held) {
  if (text.empty()) return held;
  std::string names(text);
  for (char& c : names) c = c == ' ' ? ',' : c;
  const auto asked = parse_scopes(names);
  if (!asked || (*asked & ~held) != 0) return std::nullopt;
  return *asked;
}

}  // namespace

OauthRoutes::OauthRoutes(http::Authenticator& keys, OwnTokens& tokens)
    : keys_(keys), tokens_(tokens), pool_(kPool) {}

void OauthRoutes::add_routes(http::Router& router, http::RateGate& gate) {
  http::RouteSpec spec;
  spec.method = http::Method::post;
  spec.path = "/oauth/token";
  spec.is_open = true;  // the client's key stands in the body, or as Basic
  spec.summary = "A short-lived token for a key (OAuth 2.0 client credentials)";
  spec.response_body = R"({"type":"object","properties":{"access_token":{"type":"string"},)"
                       R"("token_type":{"type":"string"},"expires_in":{"type":"integer"},)"
                       R"("scope":{"type":"string"}}})";
  spec.tags = {"access"};
  router.add(
      std::move(spec), [this, &gate](const http::Request& request, http::Responder responder) {
        // Guesses count against the address; what is told of quotas is not needed here.
        http::Request counted;
        counted.remote_ip = request.remote_ip;
        counted.target = request.target;
        counted.request_id = request.request_id;
        if (auto limited = gate.pass_unknown(counted)) {
          responder.send(*std::move(limited));
          return;
        }
        auto later = std::make_shared<http::DeferredAnswer>(request, std::move(responder));
        pool_.submit(request.remote_ip, [this, later] { later->send(answer(later->request())); });
      });
}

http::Response OauthRoutes::answer(const http::Request& request) {
  std::vector<http::QueryParam> params;
  if (!http::parse_query(request.body, kParamsMax, params)) {
    return refusal(400, "invalid_request", "The body is no form.");
  }
  const auto grant = once(params, "grant_type");
  if (!grant || grant->empty()) {
    return refusal(400, "invalid_request", "grant_type is needed, once.");
  }
  if (*grant != "client_credentials") {
    return refusal(400, "unsupported_grant_type", "Only client_credentials is supported.");
  }
  const Client client = client_of(request, params);
  const auto holder = keys_.authenticate(client.id + "." + client.secret, "");
  if (!holder) return refusal(401, "invalid_client", "Unknown client, or a wrong secret.");
  if (holder->is_public) {
    return refusal(400, "unauthorized_client", "A public key gets no token.");
  }
  const auto asked = once(params, "scope");
  const auto scopes = asked ? scopes_of(*asked, holder->scopes) : std::nullopt;
  if (!scopes) return refusal(400, "invalid_scope", "The key does not have these scopes.");
  const auto token = tokens_.issue(holder->key_id, *scopes);
  if (!token) return http::problem(request, token.error());
  std::string names;
  for (const std::string_view name : scope_names(*scopes)) {
    names.append(names.empty() ? "" : " ").append(name);
  }
  http::JsonWriter json;
  json.begin_object().member("access_token", *token).member("token_type", "Bearer");
  json.member("expires_in", OwnTokens::kLifetimeUs / kSecondUs).member("scope", names);
  json.end_object();
  return {200, "application/json", {{"Cache-Control", "no-store"}}, std::move(json).take()};
}

}  // namespace adbacus
