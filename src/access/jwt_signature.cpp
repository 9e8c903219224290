// JwtKey::verifies: the signatures of RFC 7518 and RFC 8037 by OpenSSL.
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <vector>

#include "access/jwk.hpp"
#include "base/hmac.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kHalfBytes = 32;  // of r and of s

struct Free {
  void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
  void operator()(ECDSA_SIG* p) const { ECDSA_SIG_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

bool verifies_hmac(std::string_view secret, std::string_view message, std::string_view signature) {
  const HmacSha256::Tag expected = HmacSha256(secret)(message);
  return equal_secrets({reinterpret_cast<const char*>(expected.data()), expected.size()},
                       signature);
}

// r and s one after the other, as JOSE has them, become the DER that OpenSSL reads. A DER signature
// has another length and is none here.
std::vector<unsigned char> der_of(std::string_view signature) {
  std::vector<unsigned char> der;
  if (signature.size() != 2 * kHalfBytes) return der;
  const Owned<ECDSA_SIG> parts(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(bytes_of(signature), kHalfBytes, nullptr);
  BIGNUM* s = BN_bin2bn(bytes_of(signature) + kHalfBytes, kHalfBytes, nullptr);
  if (!parts || r == nullptr || s == nullptr || ECDSA_SIG_set0(parts.get(), r, s) != 1) {
    BN_free(r);
    BN_free(s);
    return der;
  }
  const int size = i2d_ECDSA_SIG(parts.get(), nullptr);
  if (size <= 0) return der;
  der.resize(static_cast<std::size_t>(size));
  unsigned char* at = der.data();
  i2d_ECDSA_SIG(parts.get(), &at);
  return der;
}

bool verifies_with(EVP_PKEY* key, JwtAlgorithm algorithm, std::string_view message,
                   std::string_view signature) {
  const Owned<EVP_MD_CTX> state(EVP_MD_CTX_new());
  EVP_PKEY_CTX* padding = nullptr;
  const EVP_MD* hash = algorithm == JwtAlgorithm::eddsa ? nullptr : EVP_sha256();
  if (!state || EVP_DigestVerifyInit(state.get(), &padding, hash, nullptr, key) != 1) return false;
  if (algorithm == JwtAlgorithm::ps256 &&
      (EVP_PKEY_CTX_set_rsa_padding(padding, RSA_PKCS1_PSS_PADDING) != 1 ||
       EVP_PKEY_CTX_set_rsa_pss_saltlen(padding, RSA_PSS_SALTLEN_DIGEST) != 1)) {
    return false;
  }
  if (algorithm != JwtAlgorithm::es256) {
    return EVP_DigestVerify(state.get(), bytes_of(signature), signature.size(), bytes_of(message),
                            message.size()) == 1;
  }
  const std::vector<unsigned char> der = der_of(signature);
  return !der.empty() && EVP_DigestVerify(state.get(), der.data(), der.size(), bytes_of(message),
                                          message.size()) == 1;
}

}  // namespace

bool JwtKey::verifies(std::string_view message, std::string_view signature) const {
  if (algorithm_ == JwtAlgorithm::hs256) return verifies_hmac(secret_, message, signature);
  const bool is_good = verifies_with(key_.get(), algorithm_, message, signature);
  if (!is_good) ERR_clear_error();  // a refused signature leaves notes in the thread's queue
  return is_good;
}

}  // namespace adbacus
