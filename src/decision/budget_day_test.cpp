// How budgets are spent over a simulated day.
#include <cmath>
#include <gtest/gtest.h>

#include "base/testing/test_seed.hpp"
#include "decision/local_time.hpp"
#include "decision/pacing.hpp"
#include "decision/testing/simulated_day.hpp"

namespace adbacus {
namespace {

constexpr std::int64_t kPrice = 2'000;            // micros an impression
constexpr std::int64_t kBudget = 4'000 * kPrice;  // a fifth of the traffic
constexpr TimeUs kMidnight = kBenchTime - 6 * kHourUs;

LineItem& add_item(ServingBench& bench, const std::string& id, PacingMode pacing) {
  if (bench.catalog.placements.empty()) {
    bench.catalog.add_placement("p");
    bench.catalog.add_campaign("c");
  }
  LineItem& item = bench.catalog.add_item(id, "c", "p");
  item.bid = kPrice * 1'000;
  item.pacing_mode = pacing;
  bench.catalog.add_creative("r" + id, id);
  return item;
}

// Few at night, most in the evening.
DayCurve evening_curve() {
  std::array<double, 24> hours{};
  for (std::size_t hour = 0; hour < hours.size(); ++hour) {
    hours[hour] = hour < 7 ? 1 : hour < 17 ? 4 : hour < 22 ? 9 : 5;
  }
  return DayCurve(hours);
}

double share_of(TimeUs now_us, TimeUs begin_us, TimeUs end_us) {
  return static_cast<double>(now_us - begin_us) / static_cast<double>(end_us - begin_us);
}

// Nothing is spent beyond 5 % ahead of the curve that is known. A curve that has learned from the
// last hour does not take back what was spent by the one before.
class BoundOfCurve {
 public:
  explicit BoundOfCurve(ServingBench& bench, std::int64_t price_max = kPrice)
      : bench_(bench), price_max_(price_max) {}

  void expect_kept(TimeUs now_us, std::int64_t spent) {
    if (spent > before_) {
      const TenantState& state = bench_.state();
      const double share =
          elapsed_share(state.plan->budgets.at(0), state.curves.at(0)->curve, now_us + kSecondUs);
      ASSERT_LE(static_cast<double>(spent),
                1.05 * share * kBudget + static_cast<double>(price_max_));
    }
    before_ = spent;
  }

 private:
  ServingBench& bench_;
  const std::int64_t price_max_;
  std::int64_t before_ = 0;
};

// A whole local day of one line item with a daily budget.
void expect_standard_day(const std::string& timezone, TimeUs within_us, bool of_campaign,
                         const DayCurve& curve, Rng& rng) {
  const LocalDay day = local_day(timezone, within_us);
  ServingBench bench(day.begin_us);
  LineItem& item = add_item(bench, "i", PacingMode::standard);
  Campaign& campaign = bench.catalog.campaigns["c"];
  campaign.timezone = timezone;
  (of_campaign ? campaign.daily_budget : item.daily_budget) = kBudget;
  bench.open();
  SimulatedDay simulation(bench, rng);
  const Traffic traffic{.curve = curve, .begin_us = day.begin_us, .end_us = day.end_us};
  BoundOfCurve bound(bench);
  simulation.run(traffic, [&](TimeUs now_us, std::int64_t spent) {
    bound.expect_kept(now_us, spent);
    // What comes within the next second may be used now; the hours of this day teach next to
    // nothing about those to come.
    const double share = share_of(now_us + kSecondUs, day.begin_us, day.end_us);
    ASSERT_LE(static_cast<double>(spent), (1.05 * share + 0.005) * kBudget + kPrice);
  });
  EXPECT_LE(simulation.spent(), kBudget);
  EXPECT_GE(static_cast<double>(simulation.spent()), 0.98 * kBudget) << timezone;
}

TEST(BudgetDay, StandardSpendsItEvenly) {
  Rng rng(test_seed());
  for (const bool of_campaign : {false, true}) {
    expect_standard_day("UTC", kBenchTime, of_campaign, DayCurve(), rng);
    expect_standard_day("UTC", kBenchTime, of_campaign, evening_curve(), rng);
  }
}

TEST(BudgetDay, StandardSpendsDaysThatTheClocksChange) {
  Rng rng(test_seed());
  constexpr TimeUs kSpring = 1'774'782'000 * kSecondUs;  // 2026-03-29T11:00Z: 23 hours
  constexpr TimeUs kAutumn = 1'792'926'000 * kSecondUs;  // 2026-10-25T11:00Z: 25 hours
  const LocalDay spring = local_day("Europe/Berlin", kSpring);
  const LocalDay autumn = local_day("Europe/Berlin", kAutumn);
  ASSERT_EQ(spring.end_us - spring.begin_us, 23 * kHourUs);
  ASSERT_EQ(autumn.end_us - autumn.begin_us, 25 * kHourUs);
  expect_standard_day("Europe/Berlin", kSpring, false, DayCurve(), rng);
  expect_standard_day("Europe/Berlin", kAutumn, true, DayCurve(), rng);
}

TEST(BudgetDay, StandardSpendsTheDayOfATimeZoneWithHalfAnHour) {
  Rng rng(test_seed());
  ASSERT_EQ(local_day("Asia/Kolkata", kBenchTime).begin_us % kHourUs, 30 * kMinuteUs);
  expect_standard_day("Asia/Kolkata", kBenchTime, true, DayCurve(), rng);
}

TEST(BudgetDay, AcceleratedSpendsItAtOnceAndStops) {
  Rng rng(test_seed());
  ServingBench bench(kMidnight);
  add_item(bench, "i", PacingMode::accelerated).daily_budget = kBudget;
  bench.open();
  SimulatedDay simulation(bench, rng);
  int requests = 0;
  const Traffic traffic{.begin_us = kMidnight, .end_us = kMidnight + kDayUs};
  simulation.run(traffic, [&](TimeUs, std::int64_t spent) {
    // What was delivered a moment ago is still reserved: the last minute of traffic waits.
    ++requests;
    ASSERT_LE(spent, kBudget);
    if (requests < 3'900) {
      ASSERT_EQ(spent, requests * kPrice);
    } else if (requests > 4'200) {
      ASSERT_EQ(spent, kBudget);
    }
  });
}

TEST(BudgetDay, FrontloadedIsAheadAtFirstAndEvenAtTheEnd) {
  Rng rng(test_seed());
  ServingBench bench(kMidnight);
  add_item(bench, "i", PacingMode::frontloaded).daily_budget = kBudget;
  bench.open();
  SimulatedDay simulation(bench, rng);
  const Traffic traffic{.begin_us = kMidnight, .end_us = kMidnight + kDayUs};
  // By share of the day: 40 % ahead, 25 % at half of it, 5 % at its end, linear.
  const auto bound = [](double share) {
    const double ahead = share < 0.5 ? 0.40 - 0.30 * share : 0.25 - 0.40 * (share - 0.5);
    return std::min(1.0, share + ahead) * kBudget;
  };
  simulation.run(traffic, [&](TimeUs now_us, std::int64_t spent) {
    const double share = share_of(now_us, kMidnight, kMidnight + kDayUs);
    ASSERT_LE(static_cast<double>(spent), bound(share + 0.005) + kPrice);
    // 40 % are two fifths of a fifth of the traffic: spent when a tenth of it has come.
    if (share < 0.1) return;
    ASSERT_GE(static_cast<double>(spent), 0.98 * bound(share - 0.005));
  });
  EXPECT_EQ(simulation.spent(), kBudget);
}

TEST(BudgetDay, ALifetimeBudgetLastsForTheFlight) {
  Rng rng(test_seed());
  for (const bool wider : {false, true}) {
    constexpr TimeUs kLength = 60 * kHourUs;
    ServingBench bench(kMidnight);
    LineItem& item = add_item(bench, "i", PacingMode::standard);
    item.budget = kBudget;
    Campaign& campaign = bench.catalog.campaigns["c"];
    campaign.start_at = kMidnight;
    campaign.end_at = kMidnight + kLength;
    if (wider) {  // a line item cannot run outside of its campaign
      item.start_at = kMidnight - 30 * kDayUs;
      item.end_at = kMidnight + 30 * kDayUs;
    }
    bench.open();
    SimulatedDay simulation(bench, rng);
    const Traffic traffic{
        .begin_us = kMidnight, .end_us = kMidnight + kLength, .settle_every_us = 30 * kSecondUs};
    BoundOfCurve bound(bench);
    simulation.run(traffic, [&](TimeUs now_us, std::int64_t spent) {
      bound.expect_kept(now_us, spent);
      const double share = share_of(now_us + kSecondUs, kMidnight, kMidnight + kLength);
      ASSERT_LE(static_cast<double>(spent), (1.05 * share + 0.005) * kBudget + kPrice);
    });
    EXPECT_LE(simulation.spent(), kBudget);
    EXPECT_GE(static_cast<double>(simulation.spent()), 0.98 * kBudget);
  }
}

TEST(BudgetDay, LineItemsShareTheirCampaignsBudget) {
  Rng rng(test_seed());
  ServingBench bench(kMidnight);
  add_item(bench, "i", PacingMode::standard);
  add_item(bench, "k", PacingMode::standard).bid = 2 * kPrice * 1'000;
  bench.catalog.campaigns["c"].daily_budget = kBudget;
  bench.open();
  SimulatedDay simulation(bench, rng);
  const Traffic traffic{.begin_us = kMidnight, .end_us = kMidnight + kDayUs};
  BoundOfCurve bound(bench, 2 * kPrice);
  simulation.run(traffic,
                 [&](TimeUs now_us, std::int64_t spent) { bound.expect_kept(now_us, spent); });
  EXPECT_LE(simulation.spent(), kBudget);
  EXPECT_GE(static_cast<double>(simulation.spent()), 0.98 * kBudget);
  // One third of the impressions at one price, two thirds at twice of it.
  EXPECT_NEAR(static_cast<double>(simulation.spent("i")) / kBudget, 0.2, 0.03);
  EXPECT_NEAR(static_cast<double>(simulation.spent("k")) / kBudget, 0.8, 0.03);
}

// Impressions that come after midnight belong to the next day.
TEST(BudgetDay, NoDayCostsMoreThanItsBudgetWhateverThePacing) {
  Rng rng(test_seed());
  for (const PacingMode pacing :
       {PacingMode::standard, PacingMode::accelerated, PacingMode::frontloaded}) {
    ServingBench bench(kMidnight + 12 * kHourUs);
    add_item(bench, "i", pacing).daily_budget = kBudget;
    bench.open();
    SimulatedDay simulation(bench, rng);
    const Traffic traffic{.requests = 30'000,
                          .begin_us = kMidnight + 12 * kHourUs,
                          .end_us = kMidnight + 36 * kHourUs,
                          .delay_max_us = 55 * kSecondUs,
                          .settle_every_us = 20 * kSecondUs};
    simulation.run(traffic, [](TimeUs, std::int64_t) {});
    for (int day = 0; day < 2; ++day) {
      const TimeUs begin_us = kMidnight + day * kDayUs;
      EXPECT_LE(simulation.cost(begin_us, begin_us + kDayUs), kBudget) << "day " << day;
    }
    EXPECT_GT(simulation.cost(kMidnight, kMidnight + kDayUs), kBudget * 9 / 10);
  }
}

TEST(BudgetDay, WithoutStatisticsWhatIsKnownAndReservedStillBounds) {
  Rng rng(test_seed());
  ServingBench bench(kMidnight);
  add_item(bench, "i", PacingMode::accelerated).daily_budget = kBudget;
  bench.open();
  bench.ledger.is_away = true;
  SimulatedDay simulation(bench, rng);
  const Traffic traffic{
      .begin_us = kMidnight, .end_us = kMidnight + 50 * kSecondUs, .settle_every_us = kSecondUs};
  simulation.run(traffic, [](TimeUs, std::int64_t) {});
  EXPECT_EQ(simulation.spent(), kBudget);
}

// The curve is known and the traffic follows it: the account never lags behind nor runs ahead.
TEST(BudgetDay, AKnownCurveIsFollowed) {
  Rng rng(test_seed());
  const TrafficCurve curve = evening_curve().week();
  const ServingBudget budget{.amount = kBudget, .timezone = "UTC"};
  BudgetAccount account;
  std::int64_t spent = 0;
  TimeUs now_us = kMidnight;
  constexpr int kRequests = 20'000;
  for (int i = 0; i < kRequests; ++i) {
    while (elapsed_share(budget, curve, now_us) < static_cast<double>(i) / kRequests) {
      now_us += kSecondUs;
      const double bound =
          pacing_bound(PacingMode::standard, elapsed_share(budget, curve, now_us + kSecondUs));
      account.settle(kBudget, {static_cast<std::int64_t>(bound * kBudget)}, spent, now_us, 0);
    }
    if (account.reserve(kPrice, PacingMode::standard, now_us)) spent += kPrice;
    const double share = elapsed_share(budget, curve, now_us);
    ASSERT_LE(static_cast<double>(spent), 1.05 * (share + 1e-4) * kBudget + kPrice);
    ASSERT_GE(static_cast<double>(spent), 0.98 * share * kBudget - 10 * kPrice) << i;
  }
  EXPECT_GE(static_cast<double>(spent), 0.98 * kBudget);
}

// Eight days of traffic teach the curve; how the ninth is spent is looked at.
void expect_learned_day(const std::string& timezone, TimeUs within_us, Rng& rng) {
  const LocalDay day = local_day(timezone, within_us);
  ServingBench bench(local_day(timezone, day.begin_us - 8 * kDayUs + 2 * kHourUs).begin_us);
  LineItem& item = add_item(bench, "i", PacingMode::standard);
  bench.catalog.campaigns["c"].timezone = timezone;
  item.daily_budget = kBudget;
  bench.open();
  const DayCurve curve = evening_curve();
  while (bench.clock.wall_us() < day.begin_us) {
    const LocalDay before = local_day(timezone, bench.clock.wall_us());
    SimulatedDay lesson(bench, rng);
    lesson.run({.curve = curve,
                .begin_us = before.begin_us,
                .end_us = before.end_us,
                .settle_every_us = kMinuteUs},
               [](TimeUs, std::int64_t) {});
    bench.clock.advance(before.end_us - bench.clock.wall_us());
  }
  bench.keeper().settle();
  SimulatedDay simulation(bench, rng);
  const Traffic traffic{.curve = curve, .begin_us = day.begin_us, .end_us = day.end_us};
  BoundOfCurve bound(bench);
  simulation.run(traffic, [&](TimeUs now_us, std::int64_t spent) {
    bound.expect_kept(now_us, spent);
    // The true curve, as near as a week's traffic and the prior let it be: 2 % of the budget, 3 %
    // where an hour of UTC lies in two local ones.
    const double near = day.begin_us % kHourUs == 0 ? 0.02 : 0.03;
    const auto length = static_cast<double>(day.end_us - day.begin_us);
    const double share =
        curve.share(static_cast<double>(now_us + kSecondUs - day.begin_us) / length);
    ASSERT_LE(static_cast<double>(spent), (1.05 * share + near) * kBudget + kPrice);
    ASSERT_GE(static_cast<double>(spent), (0.98 * share - near) * kBudget - 10 * kPrice);
  });
  EXPECT_LE(simulation.spent(), kBudget);
  EXPECT_GE(static_cast<double>(simulation.spent()), 0.98 * kBudget) << timezone;
}

TEST(BudgetDay, ALearnedCurveIsFollowed) {
  Rng rng(test_seed());
  expect_learned_day("UTC", kBenchTime, rng);
  expect_learned_day("Asia/Kolkata", kBenchTime, rng);
}

}  // namespace
}  // namespace adbacus
