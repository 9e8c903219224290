// Tokens that others sign and our callers bring (JSON Web Tokens, RFC 7519, with the advice of RFC
// 8725). Pure but for the keys; used by the authenticator on I/O threads.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "access/jwk.hpp"
#include "base/clock.hpp"
#include "catalog/schema/json_node.hpp"

namespace adbacus {

struct JwtPolicy {
  std::string issuer;                 // `iss` has to be this
  std::string audience;               // `aud` has to be this, or to hold it
  TimeUs leeway_us = 30 * kSecondUs;  // between the issuer's clock and ours
};

struct Jwt {
  JsonNode claims;
  std::string subject;  // `sub`; may be empty
  std::string id;       // `jti`; may be empty
  TimeUs expires_us = 0;
};

// Whether a credential has the form of a token, so that no API key is taken for one.
bool looks_like_jwt(std::string_view credential);

// The claims of a token that one of `keys` signed with its own algorithm and that is meant for us
// now; unauthorized says what is wrong. `kid` only looks a key up; without it there must be one key
// only. `jwk`, `jku`, `x5u` and `x5c` are never looked at. `exp`, `iss` and `aud` are needed, and
// `nbf` or `iat`, which then counts as one.
Result<Jwt> verify_jwt(std::string_view token, std::span<const JwtKey> keys,
                       const JwtPolicy& policy, TimeUs now_us);

// Whether the token names a key that is not among `keys`, as one does after its issuer made a new
// one. False for what is no token.
bool names_unknown_key(std::string_view token, std::span<const JwtKey> keys);

// A claim as text: a text, or a whole number as it is written. nullopt: absent, empty or another.
std::optional<std::string> text_claim(const JsonNode& claims, std::string_view name);

}  // namespace adbacus
