// Public keys that tokens are signed with (JSON Web Keys, RFC 7517), each pinned to one algorithm:
// what a token says about its algorithm chooses nothing. Read at start-up and when the file of keys
// changes; a key is read-only afterwards and may be used by any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <openssl/types.h>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace adbacus {

enum class JwtAlgorithm : std::uint8_t { eddsa, es256, rs256, ps256, hs256 };
std::string_view jwt_algorithm_name(JwtAlgorithm algorithm);  // as in the header of tokens

class JwtKey {
 public:
  // `secret` has at least 32 bytes; else invalid_argument.
  static Result<JwtKey> shared_secret(std::string id, std::string secret);
  static JwtKey public_key(std::string id, JwtAlgorithm algorithm, std::shared_ptr<EVP_PKEY> key);

  const std::string& id() const { return id_; }
  JwtAlgorithm algorithm() const { return algorithm_; }
  // Whether `signature`, in the form of RFC 7518 and RFC 8037, was made over `message` with this
  // key and its algorithm.
  bool verifies(std::string_view message, std::string_view signature) const;

 private:
  JwtKey() = default;
  std::string id_;
  JwtAlgorithm algorithm_ = JwtAlgorithm::eddsa;
  std::shared_ptr<EVP_PKEY> key_;  // null for a shared secret
  std::string secret_;
};

// The keys of a set ({"keys":[…]}) that sign with an algorithm of ours; others are left out, as the
// standard asks. A key without `alg` gets the only one that fits it, an RSA key RS256.
// invalid_argument: not a set, no key is left, two share an id, a private key lies in it, or a key
// is too weak or no point of its curve.
Result<std::vector<JwtKey>> read_jwks(std::string_view json);

}  // namespace adbacus
