#include "base/signing_keys.hpp"

#include <gtest/gtest.h>

#include "base/base64url.hpp"
#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"

namespace adbacus {
namespace {

std::string random_bytes(Rng& rng, std::size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(rng.below(256));
  return bytes;
}

std::string hex(const HmacSha256::Tag& tag) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : tag) {
    text.push_back(kDigits[byte >> 4U]);
    text.push_back(kDigits[byte & 15U]);
  }
  return text;
}

// RFC 4231, test cases 1, 2 and 6.
TEST(Hmac, GivesTheTagsOfTheStandard) {
  EXPECT_EQ(hex(HmacSha256(std::string(20, '\x0b'))("Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  const HmacSha256 jefe("Jefe");
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(hex(jefe("what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  }
  EXPECT_EQ(hex(HmacSha256(std::string(131, '\xaa'))(
                "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(SigningKeys, OpensWhatItSealedAndNothingElse) {
  Rng rng(test_seed());
  const SigningKeys keys({{.id = 7, .secret = random_bytes(rng, 32)}});
  for (int i = 0; i < 200; ++i) {
    const std::string content = random_bytes(rng, rng.below(60));
    const std::string sealed = keys.seal("decision", content);
    EXPECT_EQ(keys.open("decision", sealed), content);
    EXPECT_FALSE(keys.open("link", sealed));
    std::string bytes = *base64url_decode(sealed);
    const std::size_t bit = rng.below(8 * bytes.size());
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(keys.open("decision", base64url_encode(bytes))) << "bit " << bit;
    EXPECT_FALSE(keys.open("decision", sealed.substr(0, rng.below(sealed.size()))));
  }
  EXPECT_FALSE(keys.open("decision", ""));
}

TEST(SigningKeys, OpenTheTextsOfOlderKeys) {
  Rng rng(test_seed());
  const SigningKey old_key{.id = 1, .secret = random_bytes(rng, 32)};
  const SigningKey new_key{.id = 2, .secret = random_bytes(rng, 32)};
  const SigningKeys before({old_key});
  const SigningKeys both({old_key, new_key});
  const SigningKeys after({new_key});
  EXPECT_EQ(both.open("x", before.seal("x", "old")), "old");
  EXPECT_EQ(after.open("x", both.seal("x", "new")), "new");
  EXPECT_FALSE(after.open("x", before.seal("x", "old")));
}

}  // namespace
}  // namespace adbacus
