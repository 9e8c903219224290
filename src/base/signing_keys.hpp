// Texts that this server made itself, handed out and gets back: decision ids, links. A sealed text
// is base64url of one byte key id, the content, and the first 16 bytes of HMAC-SHA256 over purpose,
// key id and content. Content is not secret. Immutable once built: thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hmac.hpp"

namespace adbacus {

struct SigningKey {
  std::uint8_t id = 0;
  std::string secret;  // 32 random bytes
};

class SigningKeys {
 public:
  // The last one seals; all of them open. At least one; ids differ.
  explicit SigningKeys(const std::vector<SigningKey>& keys);

  // `purpose` keeps texts of one kind from being taken for another; it is not part of the text.
  std::string seal(std::string_view purpose, std::string_view content) const;
  // The content; nullopt: not sealed by one of the keys for this purpose.
  std::optional<std::string> open(std::string_view purpose, std::string_view sealed) const;
  // What hides a number in a content, which by itself everybody can read: known to who has the key
  // `key_id` only, for every purpose and nonce another. nullopt: there is no such key.
  std::optional<std::uint64_t> mask(std::uint8_t key_id, std::string_view purpose,
                                    std::string_view nonce) const;
  std::uint8_t sealing_key() const { return keys_.back().id; }

 private:
  struct Keyed {
    std::uint8_t id;
    HmacSha256 hmac;
  };
  std::vector<Keyed> keys_;
};

}  // namespace adbacus
