#include "access/jwt.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/base64url.hpp"
#include "http/text.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kTokenBytesMax = 8 * 1024;
constexpr double kSecondsMax = 253'402'300'800.0;  // the year 10,000

Error refused(std::string why) {
  return {ErrorCode::unauthorized, "the token " + std::move(why)};
}

struct Parts {
  std::string_view signed_text;  // header and claims as they came
  std::string_view header;
  std::string_view claims;
  std::string_view signature;
};

std::optional<Parts> split(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
    return std::nullopt;
  }
  return Parts{token.substr(0, second), token.substr(0, first),
               token.substr(first + 1, second - first - 1), token.substr(second + 1)};
}

Result<JsonNode> read_part(std::string_view part) {
  const auto text = base64url_decode(part);
  if (!text) return refused("is not base64url");
  auto node = parse_json(*text);
  if (!node || node->type != JsonNode::Type::object) return refused("has a part that is no object");
  return node;
}

// "JWT", or "at+jwt" (RFC 9068), with or without "application/"; many issuers send none.
bool is_our_type(const JsonNode& header) {
  const JsonNode* type = header.member("typ");
  if (type == nullptr) return true;
  if (type->type != JsonNode::Type::text) return false;
  constexpr std::string_view kPrefix = "application/";
  std::string_view text = type->text;
  if (text.size() > kPrefix.size() &&
      http::equals_ignoring_case(text.substr(0, kPrefix.size()), kPrefix)) {
    text.remove_prefix(kPrefix.size());
  }
  return http::equals_ignoring_case(text, "jwt") || http::equals_ignoring_case(text, "at+jwt");
}

const JwtKey* key_of(const JsonNode& header, std::span<const JwtKey> keys) {
  const JsonNode* id = header.member("kid");
  if (id == nullptr) return keys.size() == 1 ? keys.data() : nullptr;
  if (id->type != JsonNode::Type::text) return nullptr;
  const auto found = std::find_if(keys.begin(), keys.end(),
                                  [&](const JwtKey& key) { return key.id() == id->text; });
  return found == keys.end() ? nullptr : &*found;
}

// nullopt: absent. NaN: there, but no time.
std::optional<double> seconds_of(const JsonNode& claims, std::string_view name) {
  const JsonNode* claim = claims.member(name);
  if (claim == nullptr) return std::nullopt;
  double seconds = 0;
  const char* end = claim->text.data() + claim->text.size();
  const auto [stopped, error] = std::from_chars(claim->text.data(), end, seconds);
  const bool is_time = claim->type == JsonNode::Type::number && error == std::errc() &&
                       stopped == end && seconds >= 0 && seconds <= kSecondsMax;
  return is_time ? seconds : std::nan("");
}

TimeUs us_of(double seconds) {
  return static_cast<TimeUs>(seconds * static_cast<double>(kSecondUs));
}

bool is_for(const JsonNode& claims, const std::string& audience) {
  const JsonNode* claim = claims.member("aud");
  if (claim == nullptr) return false;
  const auto is_it = [&](const JsonNode& node) {
    return node.type == JsonNode::Type::text && node.text == audience;
  };
  if (claim->type != JsonNode::Type::list) return is_it(*claim);
  return std::any_of(claim->items.begin(), claim->items.end(), is_it);
}

Result<TimeUs> check_times(const JsonNode& claims, TimeUs leeway_us, TimeUs now_us) {
  const auto expires = seconds_of(claims, "exp");
  if (!expires) return refused("has no exp");
  if (std::isnan(*expires)) return refused("has an exp that is no time");
  if (now_us >= us_of(*expires) + leeway_us) return refused("has expired");
  auto begins = seconds_of(claims, "nbf");
  if (!begins) begins = seconds_of(claims, "iat");
  if (!begins) return refused("has neither nbf nor iat");
  if (std::isnan(*begins)) return refused("has an nbf or iat that is no time");
  if (now_us + leeway_us < us_of(*begins)) return refused("is not valid yet");
  return us_of(*expires);
}

}  // namespace

bool looks_like_jwt(std::string_view credential) {
  return credential.starts_with("ey") && split(credential).has_value();
}

bool names_unknown_key(std::string_view token, std::span<const JwtKey> keys) {
  const auto parts = token.size() > kTokenBytesMax ? std::nullopt : split(token);
  if (!parts) return false;
  const auto header = read_part(parts->header);
  return header && key_of(*header, keys) == nullptr;
}

std::optional<std::string> text_claim(const JsonNode& claims, std::string_view name) {
  const JsonNode* claim = claims.member(name);
  if (claim == nullptr || claim->text.empty()) return std::nullopt;
  const bool is_whole = claim->type == JsonNode::Type::number &&
                        claim->text.find_first_not_of("0123456789") == std::string::npos;
  if (claim->type != JsonNode::Type::text && !is_whole) return std::nullopt;
  return claim->text;
}

Result<Jwt> verify_jwt(std::string_view token, std::span<const JwtKey> keys,
                       const JwtPolicy& policy, TimeUs now_us) {
  if (token.size() > kTokenBytesMax) return refused("is too long");
  const auto parts = split(token);
  if (!parts) return refused("has not three parts");
  const auto header = read_part(parts->header);
  if (!header) return header.error();
  if (header->member("crit") != nullptr) return refused("needs an extension");
  if (!is_our_type(*header)) return refused("is of another type");
  const JwtKey* key = key_of(*header, keys);
  const JsonNode* algorithm = header->member("alg");
  // One answer for all that concerns keys: which there are is nobody's business.
  const Error unknown = refused("is not signed by a known key");
  if (key == nullptr || algorithm == nullptr || algorithm->type != JsonNode::Type::text ||
      algorithm->text != jwt_algorithm_name(key->algorithm())) {
    return unknown;
  }
  const auto signature = base64url_decode(parts->signature);
  if (!signature || !key->verifies(parts->signed_text, *signature)) return unknown;
  auto claims = read_part(parts->claims);
  if (!claims) return claims.error();
  const JsonNode* issuer = claims->member("iss");
  if (issuer == nullptr || issuer->type != JsonNode::Type::text || issuer->text != policy.issuer) {
    return refused("is of another issuer");
  }
  if (!is_for(*claims, policy.audience)) return refused("is for another audience");
  const auto expires_us = check_times(*claims, policy.leeway_us, now_us);
  if (!expires_us) return expires_us.error();
  Jwt jwt;
  jwt.subject = text_claim(*claims, "sub").value_or("");
  jwt.id = text_claim(*claims, "jti").value_or("");
  jwt.expires_us = *expires_us;
  jwt.claims = *std::move(claims);
  return jwt;
}

}  // namespace adbacus
