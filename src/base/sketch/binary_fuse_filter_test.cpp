#include "base/sketch/binary_fuse_filter.hpp"

#include <algorithm>
#include <gtest/gtest.h>

#include "base/testing/test_seed.hpp"

namespace adbacus {
namespace {

std::vector<std::uint64_t> random_keys(Rng& rng, std::size_t count) {
  std::vector<std::uint64_t> keys(count);
  for (std::uint64_t& key : keys) key = rng.next();
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

TEST(BinaryFuseFilter, LetsEveryKeyPassAndFewOthers) {
  Rng rng(test_seed());
  BinaryFuseBuilder builder;
  for (const std::size_t count : {1U, 2U, 3U, 10U, 100U, 1000U, 30'000U, 300'000U}) {
    const auto keys = random_keys(rng, count);
    std::string bytes;
    const auto shape = builder.build(keys, bytes);
    ASSERT_TRUE(shape) << count;
    ASSERT_EQ(bytes.size(), shape->size_bytes());
    const auto* filter = reinterpret_cast<const std::uint8_t*>(bytes.data());
    for (const std::uint64_t key : keys) ASSERT_TRUE(may_contain(*shape, filter, key)) << count;
    int passed = 0;
    for (int i = 0; i < 100'000; ++i) passed += may_contain(*shape, filter, rng.next()) ? 1 : 0;
    EXPECT_LT(passed, 550) << count << ": 1/256 are 390";
    if (count >= 300'000) {
      EXPECT_LT(static_cast<double>(bytes.size()), 1.17 * static_cast<double>(count));
    }
  }
}

TEST(BinaryFuseFilter, OfNothingHasNoBytes) {
  BinaryFuseBuilder builder;
  std::string bytes;
  const auto shape = builder.build({}, bytes);
  ASSERT_TRUE(shape);
  EXPECT_EQ(shape->segment_count, 0U);
  EXPECT_TRUE(bytes.empty());
}

TEST(BinaryFuseFilter, RefusesKeysThatAreNoHashes) {
  std::vector<std::uint64_t> keys(100'000);
  for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = i;
  BinaryFuseBuilder builder;
  std::string bytes;
  const auto shape = builder.build(keys, bytes);
  ASSERT_FALSE(shape);
  EXPECT_EQ(shape.error().code, ErrorCode::internal);
}

}  // namespace
}  // namespace adbacus
