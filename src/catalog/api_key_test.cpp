#include "catalog/api_key.hpp"

#include <gtest/gtest.h>
#include <set>

#include "catalog/scope_names.hpp"
#include "http/http.hpp"

namespace adbacus {
namespace {

std::string with(std::string text, std::size_t position, std::string_view replacement) {
  return text.replace(position, replacement.size(), replacement);
}

TEST(ApiKey, GeneratedKeysParseAndDiffer) {
  std::set<std::string> texts;
  for (int i = 0; i < 200; ++i) {
    const NewKey key = generate_key();
    EXPECT_EQ(key.text.size(), 56U);
    const auto parts = parse_key(key.text);
    ASSERT_TRUE(parts) << key.text;
    EXPECT_EQ(parts->id, key.id);
    EXPECT_EQ(hash_to_hex(hash_secret(parts->secret)), key.secret_hash);
    texts.insert(key.text);
  }
  EXPECT_EQ(texts.size(), 200U);
}

TEST(ApiKey, HashIsSha256) {  // FIPS 180-2, "abc"
  EXPECT_EQ(hash_to_hex(hash_secret("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(ApiKey, HexRoundTripsAndRefusesAnythingElse) {
  const SecretHash hash = hash_secret("x");
  const std::string hex = hash_to_hex(hash);
  ASSERT_TRUE(hash_from_hex(hex));
  EXPECT_TRUE(same_hash(*hash_from_hex(hex), hash));
  EXPECT_FALSE(hash_from_hex(hex.substr(1)));
  EXPECT_FALSE(hash_from_hex(with(hex, 0, "G")));
  EXPECT_FALSE(hash_from_hex(with(hex, 0, "A")));
}

TEST(ApiKey, EveryFlippedBitOfAHashDiffers) {
  const SecretHash hash = hash_secret("x");
  for (std::size_t bit = 0; bit < 256; ++bit) {
    SecretHash other = hash;
    other[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    EXPECT_FALSE(same_hash(hash, other)) << bit;
  }
}

TEST(ApiKey, RefusesOtherShapes) {
  const std::string good = generate_key().text;
  ASSERT_TRUE(parse_key(good));
  const std::string changes[] = {
      "",
      good.substr(0, good.size() - 1),
      std::string(good).append("x"),
      with(good, 0, "adx_"),
      with(good, 12, "_"),
      with(good, 4, "ABCDEFGH"),
      with(good, 4, "abcdefg1"),
      with(good, 20, "="),
      with(good, 20, std::string_view("\0", 1)),
  };
  for (const std::string& text : changes) EXPECT_FALSE(parse_key(text)) << text;
}

TEST(ScopeNames, ReadWhatTheyWrite) {
  for (std::uint32_t scopes = 1; scopes <= all_scopes(); ++scopes) {
    std::string text;
    for (const auto name : scope_names(scopes)) text.append(text.empty() ? "" : ",").append(name);
    const auto parsed = parse_scopes(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(*parsed, scopes);
  }
  EXPECT_EQ(*parse_scopes("all"), all_scopes());
  EXPECT_EQ(*parse_scopes("read,ingest"), http::scope_read | http::scope_ingest);
}

TEST(ScopeNames, NameTheUnknownOne) {
  for (const char* text : {"", "read,", "read,write", "Read", "all,read"}) {
    const auto parsed = parse_scopes(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::invalid_argument);
  }
  EXPECT_NE(parse_scopes("read,write").error().message.find("\"write\""), std::string::npos);
}

}  // namespace
}  // namespace adbacus
