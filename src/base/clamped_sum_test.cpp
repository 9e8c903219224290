#include "base/clamped_sum.hpp"

#include <gtest/gtest.h>

namespace adbacus {
namespace {

TEST(ClampedSum, StopsAtItsEnds) {
  EXPECT_EQ(clamped_sum(2, -3), -1);
  EXPECT_EQ(clamped_sum(kSumMax, 1), kSumMax);
  EXPECT_EQ(clamped_sum(kSumMax - 1, 1), kSumMax);
  EXPECT_EQ(clamped_sum(-kSumMax, -1), -kSumMax);
  EXPECT_EQ(clamped_sum(-kSumMax, -kSumMax), -kSumMax);
  EXPECT_EQ(clamped_sum(kSumMax, -kSumMax), 0);
  EXPECT_TRUE(is_clamped(kSumMax));
  EXPECT_TRUE(is_clamped(-kSumMax));
  EXPECT_FALSE(is_clamped(kSumMax - 1));
  EXPECT_FALSE(is_clamped(0));
}

}  // namespace
}  // namespace adbacus
