#include "catalog/api_key.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <span>

#include "base/rng.hpp"

namespace adbacus {
namespace {

constexpr std::string_view kPrefix = "adb_";
constexpr std::size_t kIdDigits = 8;       // 40 bits
constexpr std::size_t kSecretDigits = 43;  // 256 bits
constexpr std::string_view kBase32 = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kHex = "0123456789abcdef";

// Most significant bits first; the last digit is padded with zero bits (RFC 4648, unpadded).
std::string encode(std::span<const std::byte> bytes, std::string_view alphabet, unsigned bits) {
  std::string text;
  unsigned held = 0;
  unsigned held_bits = 0;
  const unsigned mask = (1U << bits) - 1;
  for (const std::byte byte : bytes) {
    held = (held << 8U | std::to_integer<unsigned>(byte)) & 0xffffU;
    held_bits += 8;
    for (; held_bits >= bits; held_bits -= bits) {
      text.push_back(alphabet[held >> (held_bits - bits) & mask]);
    }
  }
  if (held_bits > 0) text.push_back(alphabet[held << (bits - held_bits) & mask]);
  return text;
}

bool all_in(std::string_view text, std::string_view alphabet) {
  return text.find_first_not_of(alphabet) == std::string_view::npos;
}

struct DigestFree {
  void operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
  void operator()(EVP_MD_CTX* state) const { EVP_MD_CTX_free(state); }
};

}  // namespace

NewKey generate_key() {
  std::array<std::byte, 5> id_bytes{};
  std::array<std::byte, 32> secret_bytes{};
  secure_random(id_bytes);
  secure_random(secret_bytes);
  NewKey key;
  key.id = std::string(kPrefix) + encode(id_bytes, kBase32, 5);
  const std::string secret = encode(secret_bytes, kBase64Url, 6);
  key.text = key.id + "." + secret;
  key.secret_hash = hash_to_hex(hash_secret(secret));
  return key;
}

std::optional<KeyParts> parse_key(std::string_view text) {
  constexpr std::size_t kIdBytes = kPrefix.size() + kIdDigits;
  if (text.size() != kIdBytes + 1 + kSecretDigits || !text.starts_with(kPrefix)) return {};
  const KeyParts parts{text.substr(0, kIdBytes), text.substr(kIdBytes + 1)};
  const bool well_formed = text[kIdBytes] == '.' &&
                           all_in(parts.id.substr(kPrefix.size()), kBase32) &&
                           all_in(parts.secret, kBase64Url);
  if (!well_formed) return {};
  return parts;
}

SecretHash hash_secret(std::string_view secret) {
  // Fetching the algorithm costs more than hashing, so it happens once.
  static const std::unique_ptr<EVP_MD, DigestFree> sha256(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  thread_local const std::unique_ptr<EVP_MD_CTX, DigestFree> state(EVP_MD_CTX_new());
  SecretHash hash{};
  unsigned size = 0;
  const bool done =
      EVP_DigestInit_ex2(state.get(), sha256.get(), nullptr) == 1 &&
      EVP_DigestUpdate(state.get(), secret.data(), secret.size()) == 1 &&
      EVP_DigestFinal_ex(state.get(), reinterpret_cast<unsigned char*>(hash.data()), &size) == 1;
  if (!done || size != hash.size()) std::abort();  // only without memory or without SHA-256
  return hash;
}

bool same_hash(const SecretHash& a, const SecretHash& b) {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string hash_to_hex(const SecretHash& hash) {
  return encode(hash, kHex, 4);
}

std::optional<SecretHash> hash_from_hex(std::string_view hex) {
  SecretHash hash{};
  if (hex.size() != 2 * hash.size() || !all_in(hex, kHex)) return {};
  for (std::size_t i = 0; i < hash.size(); ++i) {
    hash[i] = static_cast<std::byte>(kHex.find(hex[2 * i]) << 4U | kHex.find(hex[2 * i + 1]));
  }
  return hash;
}

}  // namespace adbacus
