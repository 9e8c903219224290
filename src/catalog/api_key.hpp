// The text form of an API key: `adb_<8 base32>.<43 base64url>`. The part before the dot is the
// public id, the rest a secret of 256 random bits of which only the SHA-256 is kept. Made by the
// keys command and the first start, read by app/key_authenticator. Pure functions, thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace adbacus {

using SecretHash = std::array<std::byte, 32>;

struct NewKey {
  std::string text;         // the whole key, shown once
  std::string id;           // ApiKey::id
  std::string secret_hash;  // ApiKey::secret_hash
};
NewKey generate_key();

struct KeyParts {  // views into the text parsed
  std::string_view id;
  std::string_view secret;
};
std::optional<KeyParts> parse_key(std::string_view text);  // nullopt: not of this form

// A fast hash is enough: the secret has 256 random bits, so there is nothing to guess.
SecretHash hash_secret(std::string_view secret);
bool same_hash(const SecretHash& a, const SecretHash& b);  // in constant time
std::string hash_to_hex(const SecretHash& hash);           // lower case
std::optional<SecretHash> hash_from_hex(std::string_view hex);

}  // namespace adbacus
