#include "processor/attribution/credits.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <numeric>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"

namespace adbacus {
namespace {

using Parts = std::vector<std::uint32_t>;
constexpr TimeUs kWeekUs = 7 * kDayUs;

Parts credits(AttributionModel model, std::vector<TimeUs> ages_us, TimeUs half_life_us = kWeekUs) {
  return credits_of(model, ages_us, half_life_us);
}

TEST(Credits, OfOneTouchAreAlwaysTheWhole) {
  for (int model = 0; model <= static_cast<int>(AttributionModel::position_based); ++model) {
    EXPECT_EQ(credits(static_cast<AttributionModel>(model), {kHourUs}), Parts{1'000'000});
    EXPECT_EQ(credits(static_cast<AttributionModel>(model), {}), Parts{});
  }
}

TEST(Credits, AreWhatTheModelsSay) {
  const std::vector<TimeUs> ages = {3 * kHourUs, 2 * kHourUs, kHourUs, 0};
  EXPECT_EQ(credits(AttributionModel::last_click, ages), (Parts{0, 0, 0, 1'000'000}));
  EXPECT_EQ(credits(AttributionModel::last_touch, ages), (Parts{0, 0, 0, 1'000'000}));
  EXPECT_EQ(credits(AttributionModel::first_click, ages), (Parts{1'000'000, 0, 0, 0}));
  EXPECT_EQ(credits(AttributionModel::linear, ages), Parts(4, 250'000));
  EXPECT_EQ(credits(AttributionModel::position_based, ages),
            (Parts{400'000, 100'000, 100'000, 400'000}));
  EXPECT_EQ(credits(AttributionModel::position_based, {2, 1}), (Parts{500'000, 500'000}));
  EXPECT_EQ(credits(AttributionModel::time_decay, {2 * kWeekUs, kWeekUs, 0}),
            (Parts{142'857, 285'714, 571'429}));
}

// Of three equal parts of a million one gets the part that is left: the newest touch.
TEST(Credits, WhatIsLeftGoesToTheLaterTouch) {
  EXPECT_EQ(credits(AttributionModel::linear, {2, 1, 0}), (Parts{333'333, 333'333, 333'334}));
  EXPECT_EQ(credits(AttributionModel::position_based, {4, 3, 2, 1, 0}),
            (Parts{400'000, 66'666, 66'667, 66'667, 400'000}));
}

TEST(Credits, AgesBeyondAllHalfLivesEarnNothing) {
  EXPECT_EQ(credits(AttributionModel::time_decay, {90 * kDayUs, 0}, kHourUs),
            (Parts{0, 1'000'000}));
  EXPECT_EQ(credits(AttributionModel::time_decay, {90 * kDayUs, 90 * kDayUs}, 1),
            (Parts{500'000, 500'000}));
}

// Against the definitions in floating point.
std::vector<double> naive(AttributionModel model, const std::vector<TimeUs>& ages,
                          TimeUs half_life) {
  const std::size_t n = ages.size();
  std::vector<double> weights(n, 0.0);
  if (model == AttributionModel::linear) weights.assign(n, 1.0);
  if (model == AttributionModel::first_click) weights.front() = 1;
  if (model == AttributionModel::last_click || model == AttributionModel::last_touch)
    weights.back() = 1;
  if (model == AttributionModel::time_decay) {
    for (std::size_t i = 0; i < n; ++i) {
      weights[i] =
          std::exp2(-static_cast<double>(ages[i] - ages.back()) / static_cast<double>(half_life));
    }
  }
  if (model == AttributionModel::position_based) {
    weights.assign(n, n > 2 ? 0.2 / static_cast<double>(n - 2) : 0.5);
    if (n > 2) weights.front() = weights.back() = 0.4;
    if (n == 1) weights.front() = 1;
  }
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (double& weight : weights) weight /= sum;
  return weights;
}

std::vector<TimeUs> random_ages(Rng& rng) {
  std::vector<TimeUs> ages(1 + rng.below(70));
  for (TimeUs& age : ages) age = static_cast<TimeUs>(rng.below(90 * kDayUs));
  std::sort(ages.rbegin(), ages.rend());
  return ages;
}

TEST(Credits, AgreeWithTheDefinitionsAndAddUp) {
  Rng rng(test_seed());
  for (int round = 0; round < 3000; ++round) {
    const auto model = static_cast<AttributionModel>(rng.below(6));
    const std::vector<TimeUs> ages = random_ages(rng);
    const auto half_life =
        static_cast<TimeUs>(kHourUs + static_cast<TimeUs>(rng.below(30 * kDayUs)));
    const Parts parts = credits(model, ages, half_life);
    const std::vector<double> wanted = naive(model, ages, half_life);
    ASSERT_EQ(parts.size(), ages.size());
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      ASSERT_NEAR(parts[i], wanted[i] * kCreditParts, 1.0001) << "seed " << test_seed();
      sum += parts[i];
    }
    ASSERT_EQ(sum, kCreditParts) << "seed " << test_seed();
  }
}

TEST(SplitAmount, AddsUpForAnyAmount) {
  Rng rng(test_seed());
  for (int round = 0; round < 3000; ++round) {
    const auto model = static_cast<AttributionModel>(rng.below(6));
    const std::vector<TimeUs> ages = random_ages(rng);
    const Parts parts = credits(model, ages);
    const auto amount = static_cast<std::int64_t>(rng.next() >> rng.below(64));
    const std::vector<std::int64_t> split = split_amount(amount, parts);
    ASSERT_EQ(std::accumulate(split.begin(), split.end(), std::int64_t{0}), amount);
    for (std::size_t i = 0; i < split.size(); ++i) {
      const long double share = static_cast<long double>(amount) * parts[i] / kCreditParts;
      ASSERT_LT(std::abs(static_cast<long double>(split[i]) - share), 1.01L) << test_seed();
    }
    if (amount != std::numeric_limits<std::int64_t>::min()) {
      std::vector<std::int64_t> mirrored = split_amount(-amount, parts);
      for (std::int64_t& part : mirrored) part = -part;
      ASSERT_EQ(mirrored, split);
    }
  }
}

TEST(SplitAmount, KnowsTheEndsOfTheRange) {
  const Parts half = {500'000, 500'000};
  constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
  EXPECT_EQ(split_amount(kMin, half), (std::vector<std::int64_t>{kMin / 2, kMin / 2}));
  EXPECT_EQ(split_amount(kMin, Parts{1'000'000}), std::vector<std::int64_t>{kMin});
  EXPECT_EQ(split_amount(1, half), (std::vector<std::int64_t>{0, 1}));
  EXPECT_EQ(split_amount(-1, half), (std::vector<std::int64_t>{0, -1}));
  EXPECT_EQ(split_amount(5, Parts{}), std::vector<std::int64_t>{});
}

}  // namespace
}  // namespace adbacus
