#include "base/hmac.hpp"

#include <cstdlib>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

namespace adbacus {
namespace {

// Only without memory or without SHA-256: nothing may go on with a wrong tag.
void demand(bool done) {
  if (!done) std::abort();
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

void HmacSha256::Free::operator()(evp_mac_ctx_st* state) const {
  EVP_MAC_CTX_free(state);
}

HmacSha256::HmacSha256(std::string_view key) {
  EVP_MAC* algorithm = EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr);
  demand(algorithm != nullptr);
  keyed_.reset(EVP_MAC_CTX_new(algorithm));
  EVP_MAC_free(algorithm);
  std::array<char, 7> digest{'S', 'H', 'A', '2', '5', '6', '\0'};
  const std::array<OSSL_PARAM, 2> params{
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_end()};
  demand(keyed_ && EVP_MAC_init(keyed_.get(), bytes_of(key), key.size(), params.data()) == 1);
}

HmacSha256::Tag HmacSha256::operator()(std::string_view bytes) const {
  const std::unique_ptr<EVP_MAC_CTX, Free> state(EVP_MAC_CTX_dup(keyed_.get()));
  Tag tag{};
  std::size_t size = 0;
  demand(state && EVP_MAC_update(state.get(), bytes_of(bytes), bytes.size()) == 1 &&
         EVP_MAC_final(state.get(), tag.data(), &size, tag.size()) == 1 && size == tag.size());
  return tag;
}

bool equal_secrets(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace adbacus
