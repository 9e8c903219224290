// Which kind of credential a request brings, and so who judges it: an API key, or a token that
// somebody else signed. Thread-safe as those it asks.
#pragma once

#include "http/http.hpp"

namespace adbacus {

class Credentials final : public http::Authenticator {
 public:
  // `tokens` may be null: then there are keys only. Both must outlive the object.
  Credentials(http::Authenticator& keys, http::Authenticator* tokens)
      : keys_(keys), tokens_(tokens) {}
  Result<http::Principal> authenticate(std::string_view credential,
                                       std::string_view tenant_header) override;

 private:
  http::Authenticator& keys_;
  http::Authenticator* tokens_;
};

}  // namespace adbacus
