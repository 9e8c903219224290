#include "decision/serving_state.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>

#include "base/testing/test_seed.hpp"
#include "decision/local_time.hpp"
#include "decision/testing/serving_bench.hpp"

namespace adbacus {
namespace {

// The line item "i" of the campaign "c" on the placement "p".
void fill(PlainCatalog& catalog) {
  catalog.add_placement("p");
  catalog.add_campaign("c");
  catalog.add_item("i", "c", "p");
  catalog.add_creative("r", "i");
}

bool is_open_at(ServingBench& bench, TimeUs now_us) {
  bench.clock.step_wall(now_us - bench.clock.wall_us());
  bench.publish();
  return bench.placement_state("p").open.test(0);
}

TEST(ServingState, SchedulesIncludeTheirStartAndTheirEnd) {
  Rng rng(test_seed());
  for (int round = 0; round < 100; ++round) {
    ServingBench bench;
    fill(bench.catalog);
    const auto some = [&](TimeUs base_us) -> std::optional<TimeUs> {
      if (rng.below(4) == 0) return std::nullopt;
      return base_us + static_cast<TimeUs>(rng.below(kHourUs));
    };
    Campaign& campaign = bench.catalog.campaigns["c"];
    LineItem& item = bench.catalog.items["i"];
    campaign.start_at = some(kBenchTime);
    item.start_at = some(kBenchTime);
    campaign.end_at = some(kBenchTime + 2 * kHourUs);
    item.end_at = some(kBenchTime + 2 * kHourUs);
    bench.open();
    const TimeUs start_us =
        std::max(campaign.start_at.value_or(INT64_MIN), item.start_at.value_or(INT64_MIN));
    const TimeUs end_us =
        std::min(campaign.end_at.value_or(INT64_MAX), item.end_at.value_or(INT64_MAX));
    if (start_us != INT64_MIN) {
      EXPECT_FALSE(is_open_at(bench, start_us - 1));
      EXPECT_TRUE(is_open_at(bench, start_us));
    }
    if (end_us != INT64_MAX) {
      EXPECT_TRUE(is_open_at(bench, end_us));
      EXPECT_FALSE(is_open_at(bench, end_us + 1));
    }
    EXPECT_TRUE(is_open_at(bench, kBenchTime + kHourUs + 30 * kMinuteUs));
  }
}

TEST(ServingState, OnlyActiveCampaignsAndLineItemsAreServed) {
  ServingBench bench;
  fill(bench.catalog);
  bench.open();
  for (const LifeStatus status :
       {LifeStatus::draft, LifeStatus::active, LifeStatus::paused, LifeStatus::ended}) {
    bench.catalog.campaigns["c"].status = status;
    EXPECT_EQ(is_open_at(bench, kBenchTime), status == LifeStatus::active);
  }
  bench.catalog.campaigns["c"].status = LifeStatus::active;
  bench.catalog.items["i"].status = SwitchStatus::paused;
  EXPECT_FALSE(is_open_at(bench, kBenchTime));
  bench.catalog.items["i"].status = SwitchStatus::active;
  bench.catalog.creatives["r"].status = SwitchStatus::paused;
  EXPECT_FALSE(is_open_at(bench, kBenchTime));
  bench.catalog.creatives["r"] = {.line_item_id = "i", .weight = 0};
  EXPECT_FALSE(is_open_at(bench, kBenchTime));
  bench.catalog.creatives["r"].weight = 1;
  EXPECT_TRUE(is_open_at(bench, kBenchTime));
}

TEST(ServingState, FloorsAreComparedWithTheExpectedValue) {
  ServingBench bench;
  fill(bench.catalog);
  bench.open();
  const auto is_above = [&](Pricing pricing, std::int64_t bid, std::int64_t floor) {
    bench.catalog.items["i"].pricing = pricing;
    bench.catalog.items["i"].bid = bid;
    bench.catalog.placements["p"].floor = floor;
    const bool open = is_open_at(bench, kBenchTime);
    EXPECT_EQ(bench.placement_state("p").above_floor.test(0), open);
    return open;
  };
  EXPECT_TRUE(is_above(Pricing::cpm, 1'000'000, 1'000'000));
  EXPECT_FALSE(is_above(Pricing::cpm, 999'000, 1'000'000));
  // A tenant without clicks: 1 % and 2 %.
  EXPECT_TRUE(is_above(Pricing::cpc, 100'000, 999'000));
  EXPECT_FALSE(is_above(Pricing::cpc, 100'000, 1'001'000));
  EXPECT_TRUE(is_above(Pricing::cpa, 5'000'000, 999'000));
  EXPECT_FALSE(is_above(Pricing::cpa, 5'000'000, 1'001'000));
}

TEST(ServingState, WhatADecisionWillProbablyCost) {
  ServingBench bench;
  fill(bench.catalog);
  bench.catalog.campaigns["c"].goals = {{.metric = GoalMetric::impressions, .target = 9},
                                        {.metric = GoalMetric::clicks, .target = 9}};
  LineItem& facts = bench.catalog.items["i"];
  const ItemRates rates{.ctr = 0.02, .cvr = 0.1};
  const auto cost = [&](Pricing pricing, std::int64_t bid) {
    facts.pricing = pricing;
    facts.bid = bid;
    bench.open();
    return expected_cost(bench.state().plan->by_id("p")->items[0], rates);
  };
  EXPECT_EQ(cost(Pricing::cpm, 2'500'000), 2'500);
  EXPECT_EQ(cost(Pricing::cpc, 500'000), 10'000);
  EXPECT_EQ(cost(Pricing::cpa, 5'000'000), 10'000);
  EXPECT_EQ(cost(Pricing::cpa, 1), 1);
  EXPECT_EQ(cost(Pricing::cpm, 0), 0);
  const TenantPlan& plan = *bench.state().plan;
  for (const ServingBudget& budget : plan.budgets) {
    const std::int64_t use = expected_use(budget, plan.by_id("p")->items[0], rates);
    EXPECT_EQ(use, budget.metric == GoalMetric::impressions ? kOneCount : kOneCount / 50);
  }
}

TEST(ServingState, TheStrictestOfSeveralGoalsBounds) {
  ServingBench bench;
  fill(bench.catalog);
  bench.catalog.campaigns["c"].goals = {{.metric = GoalMetric::clicks, .target = 100},
                                        {.metric = GoalMetric::clicks, .target = 5}};
  Delivered clicks{.time_us = kBenchTime - kHourUs, .campaign = "c", .line_item = "i"};
  clicks.counters[Counter64::clicks] = 5;
  bench.ledger.add(clicks);
  bench.open();
  EXPECT_FALSE(bench.placement_state("p").with_budget.test(0));
}

TEST(ServingState, TheElapsedShareIsThatOfTheLocalDay) {
  Rng rng(test_seed());
  for (const char* zone : {"UTC", "Asia/Kolkata", "Europe/Berlin"}) {
    const ServingBudget budget{.amount = 1, .timezone = zone};
    for (int i = 0; i < 500; ++i) {
      const TimeUs now_us = kBenchTime + static_cast<TimeUs>(rng.below(400 * kDayUs));
      const LocalDay day = local_day(zone, now_us);
      ASSERT_LE(day.begin_us, now_us);
      ASSERT_GT(day.end_us, now_us);
      const double share = static_cast<double>(now_us - day.begin_us) /
                           static_cast<double>(day.end_us - day.begin_us);
      EXPECT_NEAR(elapsed_share(budget, TrafficCurve(), now_us), share, 1e-9);
    }
  }
}

TEST(ServingState, TrafficBeforeTheStartBendsTheCurveOfBudgets) {
  ServingBench bench;
  fill(bench.catalog);
  bench.catalog.campaigns["c"].daily_budget = 1'000'000;
  ServingKeeper& keeper = bench.open();
  const ServingBudget budget = bench.state().plan->budgets.at(0);
  const auto share = [&] {
    return elapsed_share(budget, bench.state().curves.at(0)->curve, kBenchTime);
  };
  EXPECT_NEAR(share(), 0.25, 1e-9);
  TrafficHistory before;  // nearly all of it comes in the first quarter of each day
  for (std::int64_t hour = kBenchTime / kHourUs - 24 * 7; hour < kBenchTime / kHourUs; ++hour) {
    before.add("1", "p", hour, hour % 24 < 6 ? 9'000 : 100);
  }
  keeper.learn(before);
  EXPECT_GT(share(), 0.9);
  EXPECT_GT(budget.account->bound(PacingMode::standard), 900'000);
  bench.publish();
  EXPECT_GT(share(), 0.9);
}

TEST(ServingState, LineItemsOfOneCampaignBudgetArePacedEachByItsOwnMode) {
  // A quarter of the day has gone: 26 %, 57 % and all of the budget may be used by now.
  std::vector<PacingMode> modes{PacingMode::standard, PacingMode::accelerated,
                                PacingMode::frontloaded};
  do {
    for (const auto& [spent_micros, open] : {std::pair(200'000, 3), std::pair(400'000, 2),
                                             std::pair(700'000, 1), std::pair(1'000'000, 0)}) {
      ServingBench bench;
      bench.catalog.add_placement("p");
      bench.catalog.add_campaign("c").daily_budget = 1'000'000;
      for (std::size_t i = 0; i < modes.size(); ++i) {
        LineItem& item = bench.catalog.add_item(std::to_string(i), "c", "p");
        item.pacing_mode = modes[i];
        item.pricing = Pricing::cpm;
        item.bid = 100'000;
        bench.catalog.add_creative("r" + std::to_string(i), std::to_string(i));
      }
      Delivered spent{.time_us = kBenchTime - kHourUs, .campaign = "c", .line_item = "0"};
      spent.counters[Counter64::cost_micros] = spent_micros;
      bench.ledger.add(spent);
      bench.open();
      EXPECT_EQ(bench.placement_state("p").open.count(), static_cast<std::size_t>(open));
      const Decider decider(bench.caps(), {});
      std::set<PacingMode> shown;
      for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        const auto answers = decider.decide(bench.state(), one_slot(kBenchTime, "", seed));
        ASSERT_TRUE(answers);
        for (const Decision& one : answers->at(0).decisions) {
          shown.insert(one.item->facts->pacing_mode);
        }
      }
      EXPECT_EQ(shown.size(), static_cast<std::size_t>(open));
      EXPECT_EQ(shown.contains(PacingMode::standard), open > 2);
      EXPECT_EQ(shown.contains(PacingMode::accelerated), open > 0);
    }
  } while (std::next_permutation(modes.begin(), modes.end()));
}

TEST(ServingState, AWallClockThatIsSetEndsNoReservationAndKeepsNone) {
  for (const TimeUs step_us : {kHourUs, -kHourUs, 90 * kSecondUs, -90 * kSecondUs}) {
    ServingBench bench;
    fill(bench.catalog);
    bench.catalog.campaigns["c"].budget = 1'000'000;
    LineItem& item = bench.catalog.items["i"];
    item.pacing_mode = PacingMode::accelerated;
    item.pricing = Pricing::cpm;
    item.bid = 10'000'000;
    bench.open();
    const Decider decider(bench.caps(), {});
    AdRequest request = one_slot(kBenchTime, "", 1);
    request.mono_us = bench.clock.mono_us();
    ASSERT_EQ(decider.decide(bench.state(), request)->at(0).decisions.size(), 1U);
    const auto reserved = [&] {
      bench.keeper().settle();
      return bench.state().plan->budgets.at(0).account->reserved();
    };
    EXPECT_EQ(reserved(), 10'000);
    bench.clock.step_wall(step_us);
    EXPECT_EQ(reserved(), 10'000) << step_us;
    bench.clock.advance(59 * kSecondUs);
    EXPECT_EQ(reserved(), 10'000) << step_us;
    bench.clock.advance(kSecondUs);
    EXPECT_EQ(reserved(), 0) << step_us;
  }
}

TEST(ServingState, APauseAndANewBudgetAreSeenAtOnce) {
  ServingBench bench;
  fill(bench.catalog);
  bench.catalog.campaigns["c"].daily_budget = 1'000'000;
  bench.catalog.items["i"].pacing_mode = PacingMode::accelerated;
  Delivered spent{.time_us = kBenchTime - kHourUs, .campaign = "c", .line_item = "i"};
  spent.counters[Counter64::cost_micros] = 1'000'000;
  bench.ledger.add(spent);
  bench.open();
  EXPECT_FALSE(is_open_at(bench, kBenchTime));
  bench.catalog.campaigns["c"].daily_budget = 1'500'000;
  EXPECT_TRUE(is_open_at(bench, kBenchTime));
  bench.catalog.campaigns["c"].status = LifeStatus::paused;
  EXPECT_FALSE(is_open_at(bench, kBenchTime));
}

TEST(ServingPlan, APlacementIsFoundByKeyAndIdAndALineItemByItsId) {
  ServingBench bench;
  fill(bench.catalog);
  bench.catalog.add_placement("q");
  bench.catalog.add_item("k", "c", "q");
  bench.open();
  const TenantPlan& plan = *bench.state().plan;
  EXPECT_EQ(plan.by_key("key-q"), plan.by_id("q"));
  EXPECT_EQ(plan.by_key("q"), nullptr);
  EXPECT_EQ(plan.by_id("none"), nullptr);
  std::size_t item = 9;
  EXPECT_EQ(plan.of_item("k", item), plan.by_id("q"));
  EXPECT_EQ(plan.by_id("q")->items.at(item).id, "k");
  EXPECT_EQ(plan.of_item("none", item), nullptr);
}

TEST(ServingPlan, CapScopesDifferByTenantKindAndId) {
  const std::uint64_t one = cap_scope("1", EntityKind::campaign, "5");
  EXPECT_EQ(one, cap_scope("1", EntityKind::campaign, "5"));
  EXPECT_NE(one, cap_scope("2", EntityKind::campaign, "5"));
  EXPECT_NE(one, cap_scope("1", EntityKind::line_item, "5"));
  EXPECT_NE(one, cap_scope("1", EntityKind::campaign, "6"));
  EXPECT_NE(cap_scope("1", EntityKind::campaign, "11"), cap_scope("11", EntityKind::campaign, "1"));
}

}  // namespace
}  // namespace adbacus
