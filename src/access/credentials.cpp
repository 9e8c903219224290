#include "access/credentials.hpp"

#include "access/jwt.hpp"

namespace adbacus {

Result<http::Principal> Credentials::authenticate(std::string_view credential,
                                                  std::string_view tenant_header) {
  if (tokens_ != nullptr && looks_like_jwt(credential)) {
    return tokens_->authenticate(credential, tenant_header);
  }
  return keys_.authenticate(credential, tenant_header);
}

}  // namespace adbacus
