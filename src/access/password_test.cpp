#include "access/password.hpp"

#include <gtest/gtest.h>

namespace adbacus {
namespace {

constexpr PasswordCost kCheap{.memory_kib = 64, .passes = 1};

TEST(Password, IsKnownAgainAndNoOther) {
  const auto hash = hash_password("correct horse battery", kCheap);
  ASSERT_TRUE(hash);
  EXPECT_TRUE(hash->starts_with("$argon2id$v=19$m=64,t=1,p=1$")) << *hash;
  EXPECT_TRUE(is_password("correct horse battery", *hash));
  for (const char* other :
       {"", "correct horse batter", "correct horse battery ", "Correct horse battery"}) {
    EXPECT_FALSE(is_password(other, *hash)) << other;
  }
  EXPECT_NE(*hash_password("correct horse battery", kCheap), *hash) << "each has its own salt";
}

TEST(Password, AZeroByteEndsNothing) {
  const std::string one("twelve bytes\0one", 16);
  const std::string two("twelve bytes\0two", 16);
  const auto hash = hash_password(one, kCheap);
  ASSERT_TRUE(hash);
  EXPECT_TRUE(is_password(one, *hash));
  EXPECT_FALSE(is_password(two, *hash));
}

TEST(Password, HasABoundedLength) {
  EXPECT_EQ(hash_password("eleven byte", kCheap).error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(hash_password(std::string(256, 'x'), kCheap));
  EXPECT_FALSE(hash_password(std::string(257, 'x'), kCheap));
}

TEST(Password, NobodysIsNobodys) {
  const std::string nobody = absent_password(kCheap);
  EXPECT_TRUE(nobody.starts_with("$argon2id$"));
  EXPECT_FALSE(is_password("", nobody));
  for (const char* hash : {"", "x", "$argon2id$", "$argon2id$v=19$m=64,t=1,p=1$AAAA$AAAA"}) {
    EXPECT_FALSE(is_password("correct horse battery", hash)) << hash;
  }
}

TEST(Password, CostsWhatIsAdvisedByDefault) {
  const auto hash = hash_password("correct horse battery", {});
  ASSERT_TRUE(hash);
  EXPECT_TRUE(hash->starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << *hash;
}

}  // namespace
}  // namespace adbacus
