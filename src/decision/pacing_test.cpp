#include "decision/pacing.hpp"

#include <gtest/gtest.h>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"
#include "decision/testing/day_curve.hpp"

namespace adbacus {
namespace {

TEST(Pacing, TheCurveGoesFromNothingToAllAndNeverBack) {
  Rng rng(test_seed());
  std::array<double, 24> hours{};
  for (double& weight : hours) weight = static_cast<double>(rng.below(100));
  for (const DayCurve& curve : {DayCurve(), DayCurve(hours), DayCurve(std::array<double, 24>{})}) {
    EXPECT_EQ(curve.share(0), 0);
    EXPECT_NEAR(curve.share(1), 1, 1e-12);
    double before = 0;
    for (double at = 0; at <= 1; at += 1.0 / 1440) {
      EXPECT_GE(curve.share(at), before - 1e-12);
      before = curve.share(at);
    }
  }
  EXPECT_NEAR(DayCurve().share(0.25), 0.25, 1e-12);
}

TEST(Pacing, TheBoundsAreThoseThatAreDocumented) {
  EXPECT_NEAR(pacing_bound(PacingMode::standard, 0.5), 0.525, 1e-12);
  EXPECT_NEAR(pacing_bound(PacingMode::standard, 1), 1, 1e-12);
  EXPECT_NEAR(pacing_bound(PacingMode::frontloaded, 0), 0.40, 1e-12);
  EXPECT_NEAR(pacing_bound(PacingMode::frontloaded, 0.5), 0.75, 1e-12);
  EXPECT_NEAR(pacing_bound(PacingMode::frontloaded, 1), 1, 1e-12);
  EXPECT_EQ(pacing_bound(PacingMode::accelerated, 0), 1);
}

// A day of requests that come as the curve says, more of them than the budget can pay.
TEST(Pacing, ADayIsSpentWholeAndEvenlyWhenTheCurveIsKnown) {
  Rng rng(test_seed());
  for (int round = 0; round < 20; ++round) {
    std::array<double, 24> hours{};
    for (double& weight : hours) weight = 1 + static_cast<double>(rng.below(20));
    const DayCurve curve(hours);
    const std::int64_t cost = 1 + static_cast<std::int64_t>(rng.below(50'000));
    const std::int64_t budget = cost * 5'000;
    std::int64_t spent = 0;
    constexpr int kRequests = 40'000;
    double elapsed = 0;
    for (int i = 0; i < kRequests; ++i) {
      while (curve.share(elapsed) < static_cast<double>(i) / kRequests) elapsed += 1e-4;
      const double share = curve.share(elapsed);
      if (is_on_pace(PacingMode::standard, curve.share(elapsed + 1.0 / 1440), spent, cost,
                     budget)) {
        spent += cost;
      }
      const double soon = curve.share(std::min(elapsed + 1.0 / 1440, 1.0)) - share;
      EXPECT_LE(static_cast<double>(spent),
                1.05 * (share + soon) * static_cast<double>(budget) + static_cast<double>(cost));
    }
    EXPECT_LE(spent, budget);
    EXPECT_GE(static_cast<double>(spent), 0.98 * static_cast<double>(budget));
  }
}

}  // namespace
}  // namespace adbacus
