#include "decision/delivery_rates.hpp"

#include <gtest/gtest.h>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"

namespace adbacus {
namespace {

DeliveryCounts random_counts(Rng& rng) {
  DeliveryCounts counts{.impressions = static_cast<std::int64_t>(rng.below(200'000))};
  counts.clicks = counts.impressions * static_cast<std::int64_t>(rng.below(100)) / 1'000;
  counts.conversions = counts.clicks * static_cast<std::int64_t>(rng.below(100)) / 500;
  return counts;
}

TEST(DeliveryRates, ATenantWithoutAnythingStartsAtOneAndTwoPercent) {
  const RateTable table;
  EXPECT_NEAR(table.mean().ctr, 0.01, 1e-12);
  EXPECT_NEAR(table.mean().cvr, 0.02, 1e-12);
  EXPECT_NEAR(table.of_item("i").ctr, 0.01, 1e-12);
  EXPECT_NEAR(table.of_item("i").cvr, 0.02, 1e-12);
}

TEST(DeliveryRates, AreTheOwnOnesPulledTowardsTheMeanByAThousandImpressionsAndAHundredClicks) {
  Rng rng(test_seed());
  for (int round = 0; round < 200; ++round) {
    RateTable table;
    std::vector<DeliveryCounts> items(1 + rng.below(10));
    for (std::size_t i = 0; i < items.size(); ++i) {
      for (auto creatives = 1 + rng.below(3); creatives > 0; --creatives) {
        const DeliveryCounts counts = random_counts(rng);
        items[i].add(counts);
        table.add(std::to_string(i), std::to_string(i) + "r" + std::to_string(creatives), counts);
      }
    }
    const ItemRates mean = table.mean();
    for (std::size_t i = 0; i < items.size(); ++i) {
      const auto shown = static_cast<double>(items[i].impressions);
      const auto clicked = static_cast<double>(items[i].clicks);
      const auto converted = static_cast<double>(items[i].conversions);
      const ItemRates rates = table.of_item(std::to_string(i));
      EXPECT_NEAR(rates.ctr, (clicked + 1'000 * mean.ctr) / (shown + 1'000), 1e-9);
      EXPECT_NEAR(rates.cvr, (converted + 100 * mean.cvr) / (clicked + 100), 1e-9);
    }
    EXPECT_NEAR(table.of_item("new").ctr, mean.ctr, 1e-12);
    EXPECT_NEAR(table.of_item("new").cvr, mean.cvr, 1e-12);
  }
}

TEST(DeliveryRates, TheMeanOfManyIsThatOfTheSums) {
  RateTable table;
  table.add("a", "ra", {.impressions = 30'000'000, .clicks = 300'000, .conversions = 3'000});
  table.add("b", "rb", {.impressions = 10'000'000, .clicks = 500'000, .conversions = 5'000});
  EXPECT_NEAR(table.mean().ctr, 0.02, 1e-5);
  EXPECT_NEAR(table.mean().cvr, 0.01, 1e-5);
}

// Corrections and clicks counted elsewhere make strange counts; a rate stays one.
TEST(DeliveryRates, AreSharesWhateverTheCounts) {
  Rng rng(test_seed());
  for (int round = 0; round < 2'000; ++round) {
    RateTable table;
    const auto any = [&] { return static_cast<std::int64_t>(rng.below(20'000)) - 5'000; };
    table.add("i", "r", {.impressions = any(), .clicks = any(), .conversions = any()});
    table.add("k", "s", {.impressions = any(), .clicks = any(), .conversions = any()});
    for (const ItemRates& rates : {table.of_item("i"), table.of_item("k"), table.mean()}) {
      for (const double rate : {rates.ctr, rates.cvr}) {
        EXPECT_GE(rate, 0);
        EXPECT_LE(rate, 1);
      }
    }
  }
}

TEST(DeliveryRates, CreativesAreCountedOnTheirOwn) {
  RateTable table;
  table.add("i", "r", {.impressions = 5, .clicks = 1});
  table.add("i", "s", {.impressions = 7});
  table.add("i", "r", {.impressions = 5, .clicks = 2, .conversions = 1});
  EXPECT_EQ(table.of_creative("r").impressions, 10);
  EXPECT_EQ(table.of_creative("r").clicks, 3);
  EXPECT_EQ(table.of_creative("r").conversions, 1);
  EXPECT_EQ(table.of_creative("s").impressions, 7);
  EXPECT_EQ(table.of_creative("none").impressions, 0);
}

}  // namespace
}  // namespace adbacus
