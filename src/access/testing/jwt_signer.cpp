#include "access/testing/jwt_signer.hpp"

#include <cassert>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <vector>

#include "base/base64url.hpp"
#include "base/rng.hpp"

namespace adbacus {
namespace {

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string number(const EVP_PKEY* key, const char* name, int bytes_min) {
  BIGNUM* value = nullptr;
  [[maybe_unused]] const int got = EVP_PKEY_get_bn_param(key, name, &value);
  assert(got == 1);
  std::string bytes(static_cast<std::size_t>(std::max(BN_num_bytes(value), bytes_min)), '\0');
  BN_bn2binpad(value, reinterpret_cast<unsigned char*>(bytes.data()),
               static_cast<int>(bytes.size()));
  BN_free(value);
  return base64url_encode(bytes);
}

EVP_PKEY* make_key(JwtAlgorithm algorithm) {
  switch (algorithm) {
    case JwtAlgorithm::eddsa:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    case JwtAlgorithm::es256:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
    case JwtAlgorithm::rs256:
    case JwtAlgorithm::ps256:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048});
    case JwtAlgorithm::hs256:
      break;
  }
  return nullptr;
}

std::string raw_of_der(const std::string& der) {
  const unsigned char* at = bytes_of(der);
  ECDSA_SIG* parts = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
  std::string raw(64, '\0');
  auto* out = reinterpret_cast<unsigned char*>(raw.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(parts), out, 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(parts), out + 32, 32);
  ECDSA_SIG_free(parts);
  return raw;
}

}  // namespace

JwtSigner::JwtSigner(JwtAlgorithm algorithm, std::string id)
    : algorithm_(algorithm), id_(std::move(id)), key_(make_key(algorithm), EVP_PKEY_free) {
  if (algorithm != JwtAlgorithm::hs256) return;
  secret_.resize(32);
  secure_random(std::as_writable_bytes(std::span(secret_)));
}

std::string JwtSigner::jwk() const {
  std::string text = jwk_without_algorithm();
  text.back() = ',';
  return text + fmt::format(R"("alg":"{}","use":"sig"}})", jwt_algorithm_name(algorithm_));
}

std::string JwtSigner::jwk_without_algorithm() const {
  switch (algorithm_) {
    case JwtAlgorithm::eddsa: {
      std::string x(32, '\0');
      std::size_t size = x.size();
      EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(x.data()), &size);
      return fmt::format(R"({{"kty":"OKP","crv":"Ed25519","kid":"{}","x":"{}"}})", id_,
                         base64url_encode(x));
    }
    case JwtAlgorithm::es256:
      return fmt::format(R"({{"kty":"EC","crv":"P-256","kid":"{}","x":"{}","y":"{}"}})", id_,
                         number(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X, 32),
                         number(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y, 32));
    case JwtAlgorithm::rs256:
    case JwtAlgorithm::ps256:
      return fmt::format(R"({{"kty":"RSA","kid":"{}","n":"{}","e":"{}"}})", id_,
                         number(key_.get(), OSSL_PKEY_PARAM_RSA_N, 0),
                         number(key_.get(), OSSL_PKEY_PARAM_RSA_E, 0));
    case JwtAlgorithm::hs256:
      break;
  }
  return fmt::format(R"({{"kty":"oct","kid":"{}","k":"{}"}})", id_, base64url_encode(secret_));
}

std::string JwtSigner::pem() const {
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_PUBKEY(out, key_.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(out, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(out);
  return text;
}

std::string JwtSigner::header() const {
  return fmt::format(R"({{"alg":"{}","kid":"{}","typ":"JWT"}})", jwt_algorithm_name(algorithm_),
                     id_);
}

std::string JwtSigner::signature(std::string_view message) const {
  if (algorithm_ == JwtAlgorithm::hs256) return hmac_sha256(secret_, message);
  EVP_MD_CTX* state = EVP_MD_CTX_new();
  EVP_PKEY_CTX* padding = nullptr;
  const EVP_MD* hash = algorithm_ == JwtAlgorithm::eddsa ? nullptr : EVP_sha256();
  EVP_DigestSignInit(state, &padding, hash, nullptr, key_.get());
  if (algorithm_ == JwtAlgorithm::ps256) {
    EVP_PKEY_CTX_set_rsa_padding(padding, RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_rsa_pss_saltlen(padding, RSA_PSS_SALTLEN_DIGEST);
  }
  std::string out(1024, '\0');
  std::size_t size = out.size();
  [[maybe_unused]] const int made =
      EVP_DigestSign(state, reinterpret_cast<unsigned char*>(out.data()), &size, bytes_of(message),
                     message.size());
  assert(made == 1);
  EVP_MD_CTX_free(state);
  out.resize(size);
  return algorithm_ == JwtAlgorithm::es256 ? raw_of_der(out) : out;
}

std::string JwtSigner::sign(std::string_view header, std::string_view claims) const {
  const std::string message = base64url_encode(header) + "." + base64url_encode(claims);
  return message + "." + base64url_encode(signature(message));
}

std::string jwt_of(std::string_view header, std::string_view claims, std::string_view signature) {
  return base64url_encode(header) + "." + base64url_encode(claims) + "." +
         base64url_encode(signature);
}

std::string hmac_sha256(std::string_view secret, std::string_view message) {
  std::string out(32, '\0');
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes_of(message),
       message.size(), reinterpret_cast<unsigned char*>(out.data()), &size);
  return out;
}

}  // namespace adbacus
