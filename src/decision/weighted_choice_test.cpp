#include "decision/weighted_choice.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <vector>

#include "base/testing/test_seed.hpp"

namespace adbacus {
namespace {

// The chance of a chi-square statistic this large or larger (Wilson and Hilferty 1931).
double chi_square_tail(double statistic, double degrees) {
  const double z =
      (std::cbrt(statistic / degrees) - (1 - 2 / (9 * degrees))) / std::sqrt(2 / (9 * degrees));
  return std::erfc(z / std::sqrt(2.0)) / 2;
}

// Draws and answers how likely counts as far from the weights are.
double chance_of(const std::vector<std::uint64_t>& weights, const ItemBits& allowed, Rng& rng) {
  const WeightedChoice choice(weights);
  std::vector<double> drawn(weights.size());
  constexpr int kDraws = 200'000;
  for (int i = 0; i < kDraws; ++i) {
    const auto item = choice.draw(rng, allowed);
    EXPECT_TRUE(item && allowed.test(*item) && weights[*item] > 0);
    if (item) ++drawn[*item];
  }
  double sum = 0;
  allowed.for_each([&](std::size_t item) { sum += static_cast<double>(weights[item]); });
  double statistic = 0;
  int classes = 0;
  allowed.for_each([&](std::size_t item) {
    if (weights[item] == 0) return;
    const double expected = kDraws * static_cast<double>(weights[item]) / sum;
    statistic += (drawn[item] - expected) * (drawn[item] - expected) / expected;
    ++classes;
  });
  return classes < 2 ? 1 : chi_square_tail(statistic, classes - 1);
}

TEST(WeightedChoice, ChancesAreThoseOfTheWeights) {
  Rng rng(test_seed());
  for (int round = 0; round < 12; ++round) {
    std::vector<std::uint64_t> weights(2 + rng.below(60));
    for (auto& weight : weights) weight = rng.below(5) == 0 ? 0 : 1'000 + rng.below(1'000'000);
    weights[rng.below(weights.size())] = 500'000;
    ItemBits allowed(weights.size());
    const auto one_in = 1 + rng.below(12);  // few allowed: the scan is tested as well
    for (std::size_t i = 0; i < weights.size(); ++i) allowed.set(i, rng.below(one_in) == 0);
    std::uint64_t sum = 0;
    allowed.for_each([&](std::size_t item) { sum += weights[item]; });
    if (sum == 0) continue;
    EXPECT_GT(chance_of(weights, allowed, rng), 1e-5) << "round " << round;
  }
}

TEST(WeightedChoice, NothingComesOutOfNothing) {
  Rng rng(1);
  const std::vector<std::uint64_t> weights{0, 0, 7};
  const WeightedChoice choice(weights);
  ItemBits allowed(3, true);
  EXPECT_EQ(choice.draw(rng, allowed), 2U);
  allowed.clear(2);
  EXPECT_EQ(choice.draw(rng, allowed), std::nullopt);
  EXPECT_EQ(WeightedChoice(std::vector<std::uint64_t>()).draw(rng, ItemBits(0)), std::nullopt);
  EXPECT_EQ(WeightedChoice(std::vector<std::uint64_t>(3)).draw(rng, ItemBits(3, true)),
            std::nullopt);
}

TEST(WeightedChoice, TheSameSeedDrawsTheSame) {
  std::vector<std::uint64_t> weights;
  for (std::uint64_t i = 1; i < 200; ++i) weights.push_back(i * i);
  const WeightedChoice choice(weights);
  Rng a(99);
  Rng b(99);
  const ItemBits allowed(weights.size(), true);
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(choice.draw(a, allowed), choice.draw(b, allowed));
}

}  // namespace
}  // namespace adbacus
