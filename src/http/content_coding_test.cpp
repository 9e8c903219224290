#include "http/content_coding.hpp"

#include <gtest/gtest.h>

namespace adbacus::http {
namespace {

TEST(ChooseCoding, FollowsTheCallersPreference) {
  EXPECT_EQ(choose_coding(""), Coding::identity);
  EXPECT_EQ(choose_coding("gzip"), Coding::gzip);
  EXPECT_EQ(choose_coding("gzip, deflate, br, zstd"), Coding::zstd);
  EXPECT_EQ(choose_coding("gzip;q=1.0, zstd;q=0.5"), Coding::gzip);
  EXPECT_EQ(choose_coding("zstd;q=0, gzip;q=0"), Coding::identity);
  EXPECT_EQ(choose_coding("GZIP ; Q=0.001"), Coding::gzip);
  EXPECT_EQ(choose_coding("*"), Coding::gzip);
  EXPECT_EQ(choose_coding("*;q=0"), Coding::identity);
  EXPECT_EQ(choose_coding("br, deflate"), Coding::identity);
  EXPECT_EQ(choose_coding("gzip;q=x"), Coding::identity);
  EXPECT_EQ(choose_coding(",,;;q,"), Coding::identity);
}

TEST(CodingOfBody, KnowsOneCodingOnly) {
  EXPECT_EQ(coding_of_body(""), Coding::identity);
  EXPECT_EQ(coding_of_body("X-Gzip"), Coding::gzip);
  EXPECT_EQ(coding_of_body("zstd"), Coding::zstd);
  EXPECT_EQ(coding_of_body("zstd, gzip"), std::nullopt);
  EXPECT_EQ(coding_of_body("deflate"), std::nullopt);
}

TEST(IsCompressible, KnowsText) {
  EXPECT_TRUE(is_compressible("application/problem+json"));
  EXPECT_TRUE(is_compressible("text/csv; charset=utf-8"));
  EXPECT_FALSE(is_compressible("image/gif"));
  EXPECT_FALSE(is_compressible("application/vnd.apache.parquet"));
}

}  // namespace
}  // namespace adbacus::http
