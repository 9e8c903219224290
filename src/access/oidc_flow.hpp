// One sign-in with a provider (OpenID Connect, authorization code with PKCE), from the browser's
// leaving to its return. What has to be remembered lies in a cookie of the browser: a secret, from
// which state, nonce and code verifier follow, so that nobody else's browser can finish what this
// one began. Pure but for the randomness of begin_oidc_flow().
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace adbacus {

inline constexpr const char* kOidcCallbackPath = "/v1/session/oidc/callback";
inline constexpr std::string_view kOidcCookie = "adbacus_oidc";
inline constexpr std::int64_t kOidcFlowS = 600;  // so long a browser may be away

struct OidcFlow {
  std::string cookie;  // its value: all that follows is in it
  std::string tenant_id;
  std::string return_to;  // path on this server

  std::string state() const;           // comes back with the browser
  std::string nonce() const;           // comes back in the id token
  std::string code_verifier() const;   // proves to the provider who began (RFC 7636)
  std::string code_challenge() const;  // its S256 hash
};

OidcFlow begin_oidc_flow(std::string tenant_id, std::string return_to, TimeUs now_us);
// nullopt: no such cookie, or too old.
std::optional<OidcFlow> read_oidc_flow(std::string_view cookie, TimeUs now_us);

// Whether it is a path on this server that no browser takes for another server's.
bool is_local_path(std::string_view path);

}  // namespace adbacus
