#include "access/credentials.hpp"

#include "access/jwt.hpp"
#include "access/own_tokens.hpp"
#include "http/session_cookie.hpp"

namespace adbacus {

Result<http::Principal> Credentials::authenticate(std::string_view credential,
                                                  std::string_view tenant_header) {
  if (credential.starts_with(http::kSessionMark)) {
    return sessions_.authenticate(credential.substr(1), tenant_header);
  }
  if (looks_like_jwt(credential)) {
    if (OwnTokens::names_us(credential)) {
      return own_tokens_.authenticate(credential, tenant_header);
    }
    if (tokens_ != nullptr) return tokens_->authenticate(credential, tenant_header);
  }
  return keys_.authenticate(credential, tenant_header);
}

}  // namespace adbacus
