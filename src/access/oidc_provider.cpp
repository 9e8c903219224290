#include "access/oidc_provider.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "access/remote_keys.hpp"
#include "base/base64url.hpp"
#include "base/hmac.hpp"
#include "http/text.hpp"
#include "http/url.hpp"

namespace adbacus {
namespace {

constexpr std::string_view kDiscoveryPath = "/.well-known/openid-configuration";

Error refused(std::string why) {
  return {ErrorCode::unauthorized, "the token " + std::move(why)};
}

std::string text_member(const JsonNode& object, std::string_view name) {
  const JsonNode* member = object.member(name);
  return member != nullptr && member->type == JsonNode::Type::text ? member->text : std::string();
}

bool lists(const JsonNode& object, std::string_view name, std::string_view wanted) {
  const JsonNode* list = object.member(name);
  return list != nullptr && list->type == JsonNode::Type::list &&
         std::any_of(list->items.begin(), list->items.end(),
                     [&](const JsonNode& item) { return item.text == wanted; });
}

using Form = std::vector<std::pair<std::string_view, std::string_view>>;

std::string form_text(const Form& form) {
  std::string text;
  for (const auto& [name, value] : form) {
    if (!text.empty()) text += '&';
    text.append(name).append("=").append(http::percent_encode(value));
  }
  return text;
}

// RFC 6749, 2.3.1.
std::string basic_credential(const std::string& id, const std::string& secret) {
  std::string text =
      base64url_encode(http::percent_encode(id) + ":" + http::percent_encode(secret));
  for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  while (text.size() % 4 != 0) text += '=';
  return "Basic " + text;
}

// The browser goes there: our network is not concerned, but what travels is.
Result<void> check_endpoint(const OidcOptions& options, const std::string& url) {
  const auto parsed = http::parse_http_url(url);
  if (!parsed) return parsed.error();
  return parsed->is_tls ? Result<void>() : options.client.rules.check(*parsed);
}

}  // namespace

Result<OidcDocument> fetch_oidc_document(const OidcOptions& options) {
  std::string url = options.issuer;
  while (url.ends_with('/')) url.pop_back();
  url += kDiscoveryPath;
  const auto found = fetch_object(url, options.client);
  if (!found) return found.error();
  const auto bad = [&](const char* why) {
    return Error{ErrorCode::invalid_argument, url + ": " + why};
  };
  if (text_member(*found, "issuer") != options.issuer) return bad("is of another issuer");
  OidcDocument document;
  document.authorization_endpoint = text_member(*found, "authorization_endpoint");
  document.token_endpoint = text_member(*found, "token_endpoint");
  if (auto good = check_endpoint(options, document.authorization_endpoint); !good) {
    return bad("authorization_endpoint is no URL for browsers");
  }
  if (document.token_endpoint.empty()) return bad("has no token_endpoint");
  constexpr std::string_view kMethods = "token_endpoint_auth_methods_supported";
  document.secret_in_body = !lists(*found, kMethods, "client_secret_basic") &&
                            lists(*found, kMethods, "client_secret_post");
  auto keys = fetch_keys(text_member(*found, "jwks_uri"), options.client);
  if (!keys) return keys.error();
  document.keys = *std::move(keys);
  return document;
}

OidcProvider::OidcProvider(const OidcOptions& options, Clock& clock)
    : options_(options),
      clock_(clock),
      document_("oidc-provider", "the provider of sign-in", clock, options.times,
                [options] { return fetch_oidc_document(options); }) {}

std::string OidcProvider::authorization_url(const OidcFlow& flow) const {
  const auto document = document_.value();
  if (!document) return {};
  const bool has_query = document->authorization_endpoint.find('?') != std::string::npos;
  return document->authorization_endpoint + (has_query ? "&" : "?") +
         form_text({{"response_type", "code"},
                    {"client_id", options_.client_id},
                    {"redirect_uri", options_.redirect_url},
                    {"scope", "openid email"},
                    {"state", flow.state()},
                    {"nonce", flow.nonce()},
                    {"code_challenge", flow.code_challenge()},
                    {"code_challenge_method", "S256"}});
}

Result<OidcIdentity> OidcProvider::redeem(const OidcFlow& flow, const std::string& code) {
  const auto document = document_.value();
  if (!document) return Error{ErrorCode::unavailable, "the provider is not known yet"};
  const auto token = id_token(*document, flow, code);
  if (!token) return token.error();
  const JwtPolicy policy{options_.issuer, options_.client_id, options_.leeway_s * kSecondUs};
  const auto jwt = verify_jwt(*token, document->keys, policy, clock_.wall_us());
  if (!jwt) {
    if (names_unknown_key(*token, document->keys)) document_.ask_early();
    return jwt.error();
  }
  return identity_of(*jwt, options_.client_id, flow.nonce());
}

Result<std::string> OidcProvider::id_token(const OidcDocument& document, const OidcFlow& flow,
                                           const std::string& code) const {
  const std::string verifier = flow.code_verifier();
  Form form{{"grant_type", "authorization_code"},
            {"code", code},
            {"redirect_uri", options_.redirect_url},
            {"code_verifier", verifier}};
  std::vector<std::pair<std::string, std::string>> headers{
      {"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}};
  const bool has_secret = !options_.client_secret.empty();
  if (has_secret && !document.secret_in_body) {
    headers.emplace_back("Authorization",
                         basic_credential(options_.client_id, options_.client_secret));
  } else {
    form.emplace_back("client_id", options_.client_id);
    if (has_secret) form.emplace_back("client_secret", options_.client_secret);
  }
  const auto answer =
      http::call_url("POST", document.token_endpoint, headers, form_text(form), options_.client);
  if (!answer) return Error{ErrorCode::unavailable, answer.error().message};
  if (answer->status >= 400 && answer->status < 500) {
    return Error{ErrorCode::forbidden, "the provider does not take the code"};
  }
  const auto body = parse_json(answer->body);
  std::string token = body ? text_member(*body, "id_token") : std::string();
  if (answer->status != 200 || token.empty()) {
    return Error{ErrorCode::unavailable,
                 fmt::format("the provider answers {} without a token", answer->status)};
  }
  return token;
}

Result<OidcIdentity> identity_of(const Jwt& id_token, const std::string& client_id,
                                 const std::string& nonce) {
  const JsonNode& claims = id_token.claims;
  if (!equal_secrets(text_member(claims, "nonce"), nonce)) {
    return refused("is of another sign-in");
  }
  // Core 3.1.3.7: with several audiences it says for whom it was made.
  const JsonNode* audience = claims.member("aud");
  const bool has_several = audience->type == JsonNode::Type::list && audience->items.size() > 1;
  if ((has_several || claims.member("azp") != nullptr) && text_member(claims, "azp") != client_id) {
    return refused("was made for another client");
  }
  OidcIdentity identity;
  identity.subject = text_member(claims, "sub");
  if (identity.subject.empty()) return refused("has no sub");
  const JsonNode* verified = claims.member("email_verified");
  if (verified != nullptr && verified->type == JsonNode::Type::flag && verified->flag) {
    identity.email = text_member(claims, "email");
    std::transform(identity.email.begin(), identity.email.end(), identity.email.begin(),
                   http::lower_ascii);
  }
  return identity;
}

}  // namespace adbacus
