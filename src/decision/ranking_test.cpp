// How one of several line items that may be shown is chosen.
#include <array>
#include <cmath>
#include <gtest/gtest.h>
#include <map>

#include "base/testing/test_seed.hpp"
#include "decision/testing/serving_bench.hpp"

namespace adbacus {
namespace {

// The chance of a chi-square statistic this large or larger (Wilson and Hilferty 1931).
double chi_square_tail(double statistic, double degrees) {
  const double z =
      (std::cbrt(statistic / degrees) - (1 - 2 / (9 * degrees))) / std::sqrt(2 / (9 * degrees));
  return std::erfc(z / std::sqrt(2.0)) / 2;
}

double chance_of(const std::map<std::string, double>& weights,
                 const std::map<std::string, int>& drawn) {
  double sum = 0;
  double all = 0;
  for (const auto& [id, weight] : weights) sum += weight;
  for (const auto& [id, count] : drawn) all += count;
  double statistic = 0;
  for (const auto& [id, weight] : weights) {
    const double expected = all * weight / sum;
    const auto found = drawn.find(id);
    const double seen = found == drawn.end() ? 0 : found->second;
    statistic += (seen - expected) * (seen - expected) / expected;
  }
  return weights.size() < 2 ? 1
                            : chi_square_tail(statistic, static_cast<double>(weights.size()) - 1);
}

// Line items "0", "1", ... of one campaign each, on the placement "p".
LineItem& add_item(PlainCatalog& catalog, std::size_t number) {
  const std::string id = std::to_string(number);
  catalog.add_campaign("c" + id);
  catalog.add_creative("r" + id, id);
  return catalog.add_item(id, "c" + id, "p");
}

// What comes of `decisions` requests of nobody known.
std::map<std::string, int> draw(ServingBench& bench, const DeciderOptions& options, Rng& rng,
                                int decisions) {
  const Decider decider(bench.caps(), options);
  const TenantState& state = bench.state();
  std::map<std::string, int> drawn;
  for (int i = 0; i < decisions; ++i) {
    const auto answers = decider.decide(state, one_slot(kBenchTime, "", rng.next()));
    EXPECT_TRUE(answers);
    if (answers) ++drawn[item_of(answers->at(0))];
  }
  return drawn;
}

TEST(Ranking, WeightedBidDrawsInProportionToTheBids) {
  Rng rng(test_seed());
  for (int round = 0; round < 10; ++round) {
    ServingBench bench;
    bench.catalog.add_placement("p");
    std::map<std::string, double> weights;
    const std::size_t count = 2 + rng.below(40);
    const bool some_paused = round % 2 == 0;
    for (std::size_t i = 0; i < count; ++i) {
      LineItem& item = add_item(bench.catalog, i);
      item.bid = static_cast<std::int64_t>(100 + rng.below(3'000)) * 1'000;
      if (i > 0 && some_paused && rng.below(3) == 0) item.status = SwitchStatus::paused;
      if (i > 0 && rng.below(6) == 0) item.targeting.json = R"({"country":"DE"})";
      if (item.status == SwitchStatus::paused || item.targeting.json != "{}") continue;
      weights[std::to_string(i)] = static_cast<double>(*item.bid);
    }
    bench.open();
    const auto drawn = draw(bench, {}, rng, 20'000);
    for (const auto& [id, seen] : drawn) EXPECT_TRUE(weights.contains(id)) << id;
    EXPECT_GT(chance_of(weights, drawn), 1e-5) << "round " << round;
  }
}

TEST(Ranking, BidsAreComparedWithinTheFirstPriorityThatHasAny) {
  Rng rng(test_seed());
  ServingBench bench;
  bench.catalog.add_placement("p");
  for (std::size_t i = 0; i < 4; ++i) {
    LineItem& item = add_item(bench.catalog, i);
    item.priority = i < 2 ? 4 : 8;
    item.bid = i < 2 ? 1'000 : 900'000'000;
  }
  bench.open();
  EXPECT_EQ(draw(bench, {}, rng, 500).size(), 2);
  bench.catalog.items["0"].status = SwitchStatus::paused;
  bench.publish();
  EXPECT_EQ(draw(bench, {}, rng, 500), (std::map<std::string, int>{{"1", 500}}));
  bench.catalog.items["1"].status = SwitchStatus::paused;
  bench.publish();
  EXPECT_FALSE(draw(bench, {}, rng, 500).contains("1"));
}

TEST(Ranking, LineItemsThatBidNothingAreShownOnlyWhenNobodyBids) {
  Rng rng(test_seed());
  ServingBench bench;
  bench.catalog.add_placement("p");
  for (std::size_t i = 0; i < 3; ++i) add_item(bench.catalog, i).bid = i == 0 ? 1'000 : 0;
  bench.open();
  EXPECT_EQ(draw(bench, {}, rng, 500), (std::map<std::string, int>{{"0", 500}}));
  bench.catalog.items["0"].status = SwitchStatus::paused;
  bench.publish();
  const auto drawn = draw(bench, {}, rng, 2'000);
  EXPECT_GT(chance_of({{"1", 1}, {"2", 1}}, drawn), 1e-5);
  EXPECT_FALSE(drawn.contains(""));
}

TEST(Ranking, PriorityLooksAtNothingButThePriorities) {
  Rng rng(test_seed());
  ServingBench bench;
  bench.catalog.add_placement("p");
  std::map<std::string, double> alike;
  for (std::size_t i = 0; i < 8; ++i) {
    LineItem& item = add_item(bench.catalog, i);
    item.priority = i < 6 ? 4 : 8;
    item.bid = static_cast<std::int64_t>(1'000 << i);
    if (i < 6) alike[std::to_string(i)] = 1;
  }
  bench.open();
  const auto drawn = draw(bench, {.ranking = Ranking::priority}, rng, 6'000);
  EXPECT_EQ(drawn.size(), alike.size());
  EXPECT_GT(chance_of(alike, drawn), 1e-5);
}

TEST(Ranking, ThompsonFindsTheBetterCreativeWhateverTheRotationSays) {
  Rng rng(test_seed());
  ServingBench bench;
  bench.catalog.add_placement("p");
  add_item(bench.catalog, 0).rotation = Rotation::even;
  bench.catalog.add_creative("better", "0");
  for (const auto& [creative, clicks] : {std::pair("r0", 100), std::pair("better", 300)}) {
    Delivered seen{.time_us = kBenchTime - kDayUs, .campaign = "c0", .line_item = "0"};
    seen.creative = creative;
    seen.counters[Counter64::impressions] = 10'000;
    seen.counters[Counter64::clicks] = clicks;
    bench.ledger.add(seen);
  }
  bench.open();
  const auto better = [&](Ranking ranking) {
    const Decider decider(bench.caps(), {.ranking = ranking});
    int count = 0;
    for (int i = 0; i < 1'000; ++i) {
      const auto answers = decider.decide(bench.state(), one_slot(kBenchTime, "", rng.next()));
      EXPECT_TRUE(answers && answers->at(0).decisions.size() == 1);
      count += answers->at(0).decisions[0].creative->id == "better" ? 1 : 0;
    }
    return count;
  };
  EXPECT_GT(better(Ranking::thompson), 990);
  EXPECT_NEAR(better(Ranking::weighted_bid), 500, 100);
}

TEST(Ranking, IsTheTenantsIfItSaysOne) {
  Rng rng(test_seed());
  ServingBench bench;
  bench.catalog.add_placement("p");
  for (std::size_t i = 0; i < 2; ++i) add_item(bench.catalog, i).bid = i == 0 ? 1'000 : 1'000'000;
  bench.catalog.tenant.ranking = Ranking::priority;
  bench.open();
  const auto drawn = draw(bench, {.ranking = Ranking::weighted_bid}, rng, 2'000);
  EXPECT_GT(chance_of({{"0", 1}, {"1", 1}}, drawn), 1e-5);
  bench.catalog.tenant.ranking = Ranking::by_default;
  bench.publish();
  EXPECT_LT(draw(bench, {.ranking = Ranking::weighted_bid}, rng, 2'000)["0"], 40);
}

TEST(Ranking, EcpmTakesTheHighestExpectedValueButForTheExploredShare) {
  Rng rng(test_seed());
  ServingBench bench;
  bench.catalog.add_placement("p");
  constexpr std::array kPricings{Pricing::cpm, Pricing::cpc, Pricing::cpa, Pricing::cpc};
  // Per 1,000 impressions: 2.0, 1.0 x 0.05 x 1000 = 50, 20 x 0.05 x 0.2 x 1000 = 200, and 0.1 x
  // 0.01 x 1000 = 1; the priors move them a little.
  constexpr std::array<std::int64_t, 4> kBids{2'000'000, 1'000'000, 20'000'000, 100'000};
  for (std::size_t i = 0; i < kBids.size(); ++i) {
    LineItem& item = add_item(bench.catalog, i);
    item.pricing = kPricings[i];
    item.bid = kBids[i];
    Delivered seen{.time_us = kBenchTime - kDayUs, .campaign = "c", .creative = "r"};
    seen.line_item = std::to_string(i);
    seen.counters[Counter64::impressions] = 1'000'000;
    seen.counters[Counter64::clicks] = i == 3 ? 10'000 : 50'000;
    seen.counters[Counter64::conversions] = 10'000;
    bench.ledger.add(seen);
  }
  bench.open();
  constexpr int kDecisions = 20'000;
  const auto drawn = draw(bench, {.ranking = Ranking::ecpm}, rng, kDecisions);
  std::map<std::string, double> weights;
  double bids = 0;
  for (const std::int64_t bid : kBids) bids += static_cast<double>(bid);
  for (std::size_t i = 0; i < kBids.size(); ++i) {
    weights[std::to_string(i)] = 0.1 * static_cast<double>(kBids[i]) / bids + (i == 2 ? 0.9 : 0);
  }
  EXPECT_GT(chance_of(weights, drawn), 1e-5);
  EXPECT_EQ(draw(bench, {.ranking = Ranking::ecpm, .explore_share = 0}, rng, 500),
            (std::map<std::string, int>{{"2", 500}}));
}

TEST(Ranking, TheSameSeedAndStateChooseTheSame) {
  Rng rng(test_seed());
  ServingBench bench;
  bench.catalog.add_placement("p");
  for (std::size_t i = 0; i < 30; ++i) {
    add_item(bench.catalog, i).priority = i < 20 ? 8 : 16;
    for (int n = 0; n < 3; ++n) {
      bench.catalog.add_creative(std::to_string(i) + "x" + std::to_string(n), std::to_string(i));
    }
    bench.catalog.campaigns["c" + std::to_string(i)].caps = {{.count = 1'000'000}};
  }
  bench.open();
  for (const Ranking ranking : {Ranking::weighted_bid, Ranking::ecpm}) {
    const Decider decider(bench.caps(), {.ranking = ranking});
    for (int i = 0; i < 500; ++i) {
      AdRequest request = one_slot(kBenchTime, "u", rng.next());
      request.slots.push_back(request.slots[0]);
      request.slots[1].count = 3;
      const TenantState& state = bench.state();
      const auto one = decider.decide(state, request);
      const auto two = decider.decide(state, request);
      ASSERT_TRUE(one && two);
      for (std::size_t slot = 0; slot < 2; ++slot) {
        const auto& a = one->at(slot).decisions;
        const auto& b = two->at(slot).decisions;
        ASSERT_EQ(a.size(), b.size());
        for (std::size_t n = 0; n < a.size(); ++n) {
          EXPECT_EQ(a[n].item, b[n].item);
          EXPECT_EQ(a[n].creative, b[n].creative);
          EXPECT_NE(a[n].number, b[n].number) << "two decisions are never the same one";
        }
      }
    }
  }
}

TEST(Ranking, CreativesRotateByWeightOrAllAlike) {
  Rng rng(test_seed());
  for (const Rotation rotation : {Rotation::weighted, Rotation::even}) {
    ServingBench bench;
    bench.catalog.add_placement("p");
    add_item(bench.catalog, 0).rotation = rotation;
    bench.catalog.creatives.clear();
    std::map<std::string, double> weights;
    for (std::int64_t weight : {0, 1, 10, 50, 100, 7}) {
      const std::string id = "w" + std::to_string(weight);
      bench.catalog.add_creative(id, "0").weight = weight;
      if (weight == 0) continue;
      weights[id] = rotation == Rotation::even ? 1 : static_cast<double>(weight);
    }
    bench.open();
    const Decider decider(bench.caps(), {});
    const TenantState& state = bench.state();
    std::map<std::string, int> drawn;
    for (int i = 0; i < 20'000; ++i) {
      const auto answers = decider.decide(state, one_slot(kBenchTime, "", rng.next()));
      ASSERT_TRUE(answers && answers->at(0).decisions.size() == 1);
      ++drawn[answers->at(0).decisions[0].creative->id];
    }
    EXPECT_FALSE(drawn.contains("w0"));
    EXPECT_GT(chance_of(weights, drawn), 1e-5);
  }
}

TEST(Ranking, OptimisedRotationShowsTheCreativeThatIsClickedMostButTriesNewOnes) {
  Rng rng(test_seed());
  ServingBench bench;
  bench.catalog.add_placement("p");
  add_item(bench.catalog, 0).rotation = Rotation::optimised;
  bench.catalog.creatives.clear();
  for (const auto& [id, clicks] : std::map<std::string, int>{{"bad", 100}, {"good", 300}}) {
    bench.catalog.add_creative(id, "0");
    Delivered seen{.time_us = kBenchTime - kDayUs, .campaign = "c0", .line_item = "0"};
    seen.creative = id;
    seen.counters[Counter64::impressions] = 10'000;
    seen.counters[Counter64::clicks] = clicks;
    bench.ledger.add(seen);
  }
  bench.catalog.add_creative("new", "0");
  bench.open();
  const Decider decider(bench.caps(), {});
  const TenantState& state = bench.state();
  std::map<std::string, int> drawn;
  for (int i = 0; i < 2'000; ++i) {
    const auto answers = decider.decide(state, one_slot(kBenchTime, "", rng.next()));
    ASSERT_TRUE(answers && answers->at(0).decisions.size() == 1);
    ++drawn[answers->at(0).decisions[0].creative->id];
  }
  // Nothing is known of the new one: Beta(1, 1) is above 3 % in 97 of 100 draws.
  EXPECT_GT(drawn["new"], 1'900);
  EXPECT_GT(drawn["good"], 20);
  EXPECT_LT(drawn["bad"], 10);
}

}  // namespace
}  // namespace adbacus
