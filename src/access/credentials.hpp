// Which kind of credential a request brings, and so who judges it: an API key, a token that
// somebody else signed, or the cookie of a session. Thread-safe as those it asks.
#pragma once

#include "http/http.hpp"

namespace adbacus {

class Credentials final : public http::Authenticator {
 public:
  // `tokens`, of others, may be null: then none are accepted. All must outlive the object.
  Credentials(http::Authenticator& keys, http::Authenticator* tokens, http::Authenticator& sessions,
              http::Authenticator& own_tokens)
      : keys_(keys), tokens_(tokens), sessions_(sessions), own_tokens_(own_tokens) {}
  Result<http::Principal> authenticate(std::string_view credential,
                                       std::string_view tenant_header) override;

 private:
  http::Authenticator& keys_;
  http::Authenticator* tokens_;
  http::Authenticator& sessions_;
  http::Authenticator& own_tokens_;
};

}  // namespace adbacus
