#include "base/base64url.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"

namespace adbacus {
namespace {

TEST(Base64Url, WritesTheTextsOfTheStandard) {
  EXPECT_EQ(base64url_encode(""), "");
  EXPECT_EQ(base64url_encode("f"), "Zg");
  EXPECT_EQ(base64url_encode("fo"), "Zm8");
  EXPECT_EQ(base64url_encode("foo"), "Zm9v");
  EXPECT_EQ(base64url_encode("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64url_encode("\xfb\xff"), "-_8");
}

TEST(Base64Url, ReadsEverythingItWrites) {
  const std::uint64_t seed = test_seed();
  SCOPED_TRACE(fmt::format("ADBACUS_SEED={}", seed));
  Rng rng(seed);
  for (int i = 0; i < 2'000; ++i) {
    std::string bytes(rng.below(70), '\0');
    for (char& c : bytes) c = static_cast<char>(rng.below(256));
    ASSERT_EQ(base64url_decode(base64url_encode(bytes)), bytes);
  }
}

TEST(Base64Url, ReadsNothingElse) {
  for (const char* text : {"Z", "Zg==", "Zh", "Zm9", "Zm8=", "Zm9v\n", " Zm9v", "Zm+v", "Zm/v",
                           "Zm9vY", "Zm.v", "Zm\xc3\xa9"}) {
    EXPECT_FALSE(base64url_decode(text)) << text;
  }
}

}  // namespace
}  // namespace adbacus
