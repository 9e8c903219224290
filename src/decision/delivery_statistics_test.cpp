#include "decision/delivery_statistics.hpp"

#include <gtest/gtest.h>
#include <vector>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"
#include "decision/local_time.hpp"
#include "decision/testing/delivery_ledger.hpp"
#include "decision/testing/plain_catalog.hpp"
#include "decision/testing/serving_bench.hpp"

namespace adbacus {
namespace {

const char* const kZones[] = {"UTC", "Asia/Kolkata", "Europe/Berlin", "America/New_York"};

Counters counters_of(std::int64_t impressions, std::int64_t clicks, std::int64_t conversions,
                     std::int64_t value_micros, std::int64_t cost_micros) {
  Counters counters;
  counters[Counter64::impressions] = impressions;
  counters[Counter64::clicks] = clicks;
  counters[Counter64::conversions] = conversions;
  counters[Counter64::value_micros] = value_micros;
  counters[Counter64::cost_micros] = cost_micros;
  return counters;
}

// Campaigns in several time zones, each with every kind of budget and goal, and line items that
// have them too.
PlainCatalog catalog_of_all() {
  PlainCatalog catalog;
  catalog.add_placement("p");
  for (const char* zone : kZones) {
    const std::string id = zone;
    Campaign& campaign = catalog.add_campaign("c" + id);
    campaign.timezone = zone;
    if (id == "UTC") campaign.currency = "EUR";
    LineItem& item = catalog.add_item("i" + id, "c" + id, "p");
    catalog.add_creative("r" + id, "i" + id);
    campaign.daily_budget = item.daily_budget = 1'000'000;
    campaign.budget = item.budget = 5'000'000;
    for (const GoalMetric metric : {GoalMetric::impressions, GoalMetric::clicks,
                                    GoalMetric::conversions, GoalMetric::revenue}) {
      for (const GoalPeriod period : {GoalPeriod::daily, GoalPeriod::lifetime}) {
        campaign.goals.push_back({.metric = metric, .period = period, .target = 100});
      }
    }
    item.goals = campaign.goals;
  }
  return catalog;
}

std::int64_t amount_of(const ServingBudget& budget, const Delivered& one) {
  const Counters& counters = one.counters;
  const bool is_owns = one.currency == budget.currency;
  if (budget.is_cost) return is_owns ? counters[Counter64::cost_micros] : 0;
  switch (budget.metric) {
    case GoalMetric::impressions:
      return counters[Counter64::impressions] * kOneCount;
    case GoalMetric::clicks:
      return counters[Counter64::clicks] * kOneCount;
    case GoalMetric::conversions:
      return counters[Counter64::conversions] * kOneCount;
    case GoalMetric::revenue:
      return is_owns ? counters[Counter64::value_micros] : 0;
  }
  return 0;
}

// What the budget has used if its days begin at `day_begin_us`, from the list of all deliveries.
std::int64_t used(const ServingBudget& budget, const std::vector<Delivered>& all,
                  TimeUs day_begin_us) {
  std::int64_t sum = 0;
  for (const Delivered& one : all) {
    const std::string& owner = budget.is_campaigns ? one.campaign : one.line_item;
    if (owner != budget.owner_id || one.tenant != "1") continue;
    if ((slice_bit(one.slice) & kNetSlices) == 0) continue;
    if (budget.period == GoalPeriod::daily && one.time_us < day_begin_us) continue;
    sum += amount_of(budget, one);
  }
  return sum;
}

Delivered random_delivery(Rng& rng, TimeUs now_us) {
  const std::string zone = kZones[rng.below(4)];
  const auto count = [&](std::uint64_t below) {
    return static_cast<std::int64_t>(rng.below(below));
  };
  const auto age = static_cast<TimeUs>(rng.below(rng.below(3) == 0 ? 40 * kDayUs : 2 * kDayUs));
  constexpr Slice kSlices[] = {Slice::counted_valid, Slice::counted_suspect, Slice::counted_givt,
                               Slice::repeat_valid, Slice::counted_machine};
  return {.time_us = now_us - age,
          .tenant = rng.below(10) == 0 ? "2" : "1",
          .campaign = "c" + zone,
          .line_item = "i" + zone,
          .creative = "r" + zone,
          .currency = rng.below(5) == 0 ? "EUR" : "USD",
          .slice = kSlices[rng.below(3) == 0 ? rng.below(5) : 0],
          .counters = counters_of(count(5), count(3), count(2), count(900'000), count(50'000))};
}

TEST(DeliveryStatistics, AreTheNetSumsOfEachBudgetsDayAndLife) {
  Rng rng(test_seed());
  const auto snapshot = catalog_of_all().snapshot();
  BudgetAccounts accounts;
  const auto plan = build_plan("1", *snapshot->tenant("1"), accounts);
  ASSERT_EQ(plan->budgets.size(), 4U * 2 * 10);
  for (int round = 0; round < 20; ++round) {
    DeliveryLedger ledger;
    DeliveryStatistics statistics(ledger);
    std::vector<Delivered> all;
    TimeUs now_us = kBenchTime + static_cast<TimeUs>(rng.below(86'400)) * kSecondUs;
    for (int step = 0; step < 12; ++step) {
      for (auto more = rng.below(60); more > 0; --more) {
        Delivered one = random_delivery(rng, now_us);
        // Late ones for closed days are seen after a while; here all come in time.
        if (step > 0) one.time_us = now_us - static_cast<TimeUs>(rng.below(kMinuteUs));
        all.push_back(one);
        ledger.add(one);
      }
      const auto delivered = statistics.delivered(*plan, now_us);
      ASSERT_TRUE(delivered);
      ASSERT_EQ(delivered->size(), plan->budgets.size());
      for (std::size_t i = 0; i < plan->budgets.size(); ++i) {
        const ServingBudget& budget = plan->budgets[i];
        const TimeUs begin_us = local_day(budget.timezone, now_us).begin_us;
        // The days of line items begin at the hour, never after the day itself.
        const TimeUs counted_us = budget.is_campaigns ? begin_us : floor_to(begin_us, kHourUs);
        EXPECT_EQ((*delivered)[i], used(budget, all, counted_us))
            << budget.owner_id << (budget.is_cost ? " cost " : " goal ")
            << static_cast<int>(budget.metric) << " period " << static_cast<int>(budget.period)
            << " step " << step;
      }
      ASSERT_FALSE(HasFailure());
      now_us += static_cast<TimeUs>(rng.below(5 * 3'600)) * kSecondUs;
    }
  }
}

TEST(DeliveryStatistics, SeeLateEventsOfClosedDaysAfterAWhile) {
  const auto snapshot = catalog_of_all().snapshot();
  BudgetAccounts accounts;
  const auto plan = build_plan("1", *snapshot->tenant("1"), accounts);
  DeliveryLedger ledger;
  DeliveryStatistics statistics(ledger);
  ASSERT_TRUE(statistics.delivered(*plan, kBenchTime));
  std::vector<Delivered> all;
  all.push_back({.time_us = kBenchTime - 3 * kDayUs,
                 .campaign = "cAsia/Kolkata",
                 .line_item = "iAsia/Kolkata",
                 .counters = counters_of(1, 1, 1, 10, 20)});
  ledger.add(all[0]);
  const auto delivered = statistics.delivered(*plan, kBenchTime + 10 * kMinuteUs);
  ASSERT_TRUE(delivered);
  for (std::size_t i = 0; i < plan->budgets.size(); ++i) {
    EXPECT_EQ((*delivered)[i], used(plan->budgets[i], all, kBenchTime - kDayUs)) << i;
  }
}

TEST(DeliveryStatistics, SayWhenTheStoreIsAway) {
  const auto snapshot = catalog_of_all().snapshot();
  BudgetAccounts accounts;
  const auto plan = build_plan("1", *snapshot->tenant("1"), accounts);
  DeliveryLedger ledger;
  DeliveryStatistics statistics(ledger);
  ledger.is_away = true;
  const auto delivered = statistics.delivered(*plan, kBenchTime);
  ASSERT_FALSE(delivered);
  EXPECT_TRUE(delivered.error().retryable());
  EXPECT_FALSE(statistics.rates("1", kBenchTime));
}

TEST(DeliveryStatistics, RatesAreOfTheLastSevenDaysNetAndPerTenant) {
  Rng rng(test_seed());
  DeliveryLedger ledger;
  DeliveryStatistics statistics(ledger);
  RateTable model;
  for (int i = 0; i < 2'000; ++i) {
    Delivered one = random_delivery(rng, kBenchTime);
    const TimeUs age = kBenchTime - one.time_us;
    if (age > 7 * kDayUs - kHourUs && age < 7 * kDayUs + kHourUs) continue;  // by the hour
    ledger.add(one);
    if (age > 7 * kDayUs || one.tenant != "1") continue;
    if ((slice_bit(one.slice) & kNetSlices) == 0) continue;
    model.add(one.line_item, one.creative,
              {.impressions = one.counters[Counter64::impressions],
               .clicks = one.counters[Counter64::clicks],
               .conversions = one.counters[Counter64::conversions]});
  }
  const auto rates = statistics.rates("1", kBenchTime);
  ASSERT_TRUE(rates);
  for (const std::string zone : kZones) {
    EXPECT_NEAR(rates->of_item("i" + zone).ctr, model.of_item("i" + zone).ctr, 1e-9);
    EXPECT_NEAR(rates->of_item("i" + zone).cvr, model.of_item("i" + zone).cvr, 1e-9);
    EXPECT_EQ(rates->of_creative("r" + zone).impressions,
              model.of_creative("r" + zone).impressions);
    EXPECT_EQ(rates->of_creative("r" + zone).clicks, model.of_creative("r" + zone).clicks);
  }
  EXPECT_NEAR(rates->mean().ctr, model.mean().ctr, 1e-9);
}

}  // namespace
}  // namespace adbacus
