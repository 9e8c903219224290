#include "base/signing_keys.hpp"

#include <cassert>
#include <cstring>

#include "base/base64url.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kTagBytes = 16;

std::string tag_of(const HmacSha256& hmac, std::string_view purpose, std::string_view signed_part) {
  std::string text;
  text.reserve(purpose.size() + 1 + signed_part.size());
  text.append(purpose).push_back('\n');  // a purpose is a word: where it ends is clear
  text.append(signed_part);
  const HmacSha256::Tag tag = hmac(text);
  return {reinterpret_cast<const char*>(tag.data()), kTagBytes};
}

}  // namespace

SigningKeys::SigningKeys(const std::vector<SigningKey>& keys) {
  assert(!keys.empty());
  for (const SigningKey& key : keys) keys_.push_back({key.id, HmacSha256(key.secret)});
}

std::string SigningKeys::seal(std::string_view purpose, std::string_view content) const {
  const Keyed& key = keys_.back();
  std::string text;
  text.reserve(1 + content.size() + kTagBytes);
  text.push_back(static_cast<char>(key.id));
  text.append(content);
  text.append(tag_of(key.hmac, purpose, text));
  return base64url_encode(text);
}

std::optional<std::string> SigningKeys::open(std::string_view purpose,
                                             std::string_view sealed) const {
  const auto text = base64url_decode(sealed);
  if (!text || text->size() < 1 + kTagBytes) return std::nullopt;
  const std::string_view signed_part = std::string_view(*text).substr(0, text->size() - kTagBytes);
  const std::string_view tag = std::string_view(*text).substr(signed_part.size());
  for (const Keyed& key : keys_) {
    if (key.id != static_cast<std::uint8_t>(signed_part.front())) continue;
    if (!equal_secrets(tag_of(key.hmac, purpose, signed_part), tag)) return std::nullopt;
    return std::string(signed_part.substr(1));
  }
  return std::nullopt;
}

std::optional<std::uint64_t> SigningKeys::mask(std::uint8_t key_id, std::string_view purpose,
                                               std::string_view nonce) const {
  for (const Keyed& key : keys_) {
    if (key.id != key_id) continue;
    // No sealed text has this form of purpose: a tag never tells a mask.
    const std::string tag = tag_of(key.hmac, "mask " + std::string(purpose), nonce);
    std::uint64_t number = 0;
    std::memcpy(&number, tag.data(), sizeof(number));
    return number;
  }
  return std::nullopt;
}

}  // namespace adbacus
