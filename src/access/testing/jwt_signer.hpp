// Makes keys and signs tokens with them, whatever their header and claims say. For tests.
#pragma once

#include <memory>
#include <openssl/types.h>
#include <string>
#include <string_view>

#include "access/jwk.hpp"

namespace adbacus {

class JwtSigner {
 public:
  JwtSigner(JwtAlgorithm algorithm, std::string id);
  std::string jwk() const;  // the public key, or the secret, as a JSON object with kid and alg
  std::string jwk_without_algorithm() const;
  std::string pem() const;  // of the public key
  const std::string& secret() const { return secret_; }
  std::string header() const;  // {"alg":…,"kid":…,"typ":"JWT"}
  std::string sign(std::string_view header, std::string_view claims) const;
  std::string signature(std::string_view message) const;  // bytes

 private:
  JwtAlgorithm algorithm_;
  std::string id_;
  std::shared_ptr<EVP_PKEY> key_;
  std::string secret_;
};

std::string jwt_of(std::string_view header, std::string_view claims, std::string_view signature);
std::string hmac_sha256(std::string_view secret, std::string_view message);

}  // namespace adbacus
