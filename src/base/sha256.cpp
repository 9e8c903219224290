#include "base/sha256.hpp"

#include <array>
#include <cassert>
#include <fmt/core.h>
#include <openssl/evp.h>

namespace adbacus {

void Sha256::Free::operator()(evp_md_ctx_st* state) const {
  EVP_MD_CTX_free(state);
}

Sha256::Sha256() : state_(EVP_MD_CTX_new()) {
  const int ok = EVP_DigestInit_ex(state_.get(), EVP_sha256(), nullptr);
  assert(ok == 1);
  (void)ok;
}

void Sha256::update(std::string_view bytes) {
  const int ok = EVP_DigestUpdate(state_.get(), bytes.data(), bytes.size());
  assert(ok == 1);
  (void)ok;
}

std::string Sha256::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  const int ok = EVP_DigestFinal_ex(state_.get(), digest.data(), &size);
  assert(ok == 1);
  (void)ok;
  std::string text;
  for (unsigned int i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

}  // namespace adbacus
