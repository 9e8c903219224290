// The provider that people sign in with (OpenID Connect Core 1.0, Discovery 1.0): what it says
// about itself, kept fresh, and the exchange of a code for an id token. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "access/fetched_value.hpp"
#include "access/jwt.hpp"
#include "access/oidc_flow.hpp"
#include "http/client.hpp"

namespace adbacus {

struct OidcOptions {
  std::string issuer;  // as in its id tokens; empty: nobody signs in with a provider
  std::string client_id;
  std::string client_secret;  // empty: a public client, whom PKCE alone protects
  std::string redirect_url;   // of /v1/session/oidc/callback, as browsers reach it
  int leeway_s = 30;          // between the provider's clock and ours
  http::ClientOptions client;
  FetchTimes times;
};

struct OidcDocument {
  std::string authorization_endpoint;
  std::string token_endpoint;
  bool secret_in_body = false;  // else in the field Authorization
  std::vector<JwtKey> keys;
};

// The discovery document of the issuer and its keys, now. invalid_argument: it is of another issuer
// or lacks something; unavailable, forbidden: as the client says. May block.
Result<OidcDocument> fetch_oidc_document(const OidcOptions& options);

struct OidcIdentity {
  std::string subject;
  std::string email;  // lower case; empty: none that the provider has verified
};

class OidcProvider {
 public:
  OidcProvider(const OidcOptions& options, Clock& clock);  // the clock must outlive the object

  // Where to send the browser; empty: the provider is not known yet.
  std::string authorization_url(const OidcFlow& flow) const;
  // Who came back with this code. May block for some seconds. unavailable: the provider is not
  // reached; forbidden: it does not take the code; unauthorized: the id token is not good.
  Result<OidcIdentity> redeem(const OidcFlow& flow, const std::string& code);
  const std::string& issuer() const { return options_.issuer; }

 private:
  Result<std::string> id_token(const OidcDocument& document, const OidcFlow& flow,
                               const std::string& code) const;

  const OidcOptions options_;
  Clock& clock_;
  FetchedValue<OidcDocument> document_;
};

// What is left to check of an id token whose signature, issuer, audience and times are good.
Result<OidcIdentity> identity_of(const Jwt& id_token, const std::string& client_id,
                                 const std::string& nonce);

}  // namespace adbacus
