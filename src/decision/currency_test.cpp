// Bids in different currencies are never compared as bare numbers.
#include <gtest/gtest.h>
#include <set>

#include "base/testing/test_seed.hpp"
#include "decision/testing/serving_bench.hpp"

namespace adbacus {
namespace {

// Two line items on the placement "p", of one campaign each.
void add_two(ServingBench& bench) {
  bench.catalog.add_placement("p");
  for (const char* id : {"1", "2"}) {
    const std::string number(id);
    bench.catalog.add_campaign("c" + number);
    bench.catalog.add_item(number, "c" + number, "p");
    bench.catalog.add_creative("r" + number, number);
  }
}

std::set<std::string> shown(ServingBench& bench, Ranking ranking, Rng& rng) {
  const Decider decider(bench.caps(), {.ranking = ranking});
  std::set<std::string> items;
  for (int i = 0; i < 200; ++i) {
    const auto answers = decider.decide(bench.state(), one_slot(kBenchTime, "", rng.next()));
    EXPECT_TRUE(answers);
    if (answers) items.insert(item_of(answers->at(0)));
  }
  return items;
}

Elimination reason_of(ServingBench& bench, std::size_t item) {
  const Decider decider(bench.caps(), {});
  const AdRequest request = one_slot(kBenchTime, "", 1);
  const auto trace = decider.trace(bench.state(), request, request.slots[0], {});
  EXPECT_TRUE(trace && trace->size() == 2);
  return trace && trace->size() == 2 ? (*trace)[item].reason : Elimination::none;
}

TEST(DecisionCurrency, OnlyLineItemsInTheTenantsCurrencyAreServed) {
  Rng rng(test_seed());
  for (const Ranking ranking : {Ranking::weighted_bid, Ranking::ecpm}) {
    ServingBench bench;
    add_two(bench);
    // By the bare number it would win nearly always.
    bench.catalog.campaigns.at("c2").currency = "JPY";
    bench.catalog.items.at("2").bid = 1'000'000'000;
    bench.open();
    EXPECT_EQ(shown(bench, ranking, rng), std::set<std::string>{"1"});
    EXPECT_EQ(reason_of(bench, 1), Elimination::currency);
  }
}

TEST(DecisionCurrency, ACampaignThatNamesTheTenantsCurrencyIsServed) {
  Rng rng(test_seed());
  ServingBench bench;
  bench.catalog.tenant.currency = "EUR";
  add_two(bench);
  bench.catalog.campaigns.at("c2").currency = "EUR";
  bench.open();
  EXPECT_EQ(shown(bench, Ranking::weighted_bid, rng), (std::set<std::string>{"1", "2"}));
}

// What was right yesterday is looked at anew when the tenant changes its currency.
TEST(DecisionCurrency, FollowsTheTenant) {
  ServingBench bench;
  add_two(bench);
  bench.catalog.campaigns.at("c1").currency = "USD";
  bench.open();
  EXPECT_EQ(reason_of(bench, 0), Elimination::outranked);
  bench.catalog.tenant.currency = "EUR";
  bench.publish();
  EXPECT_EQ(reason_of(bench, 0), Elimination::currency);
  EXPECT_EQ(reason_of(bench, 1), Elimination::outranked);
}

}  // namespace
}  // namespace adbacus
