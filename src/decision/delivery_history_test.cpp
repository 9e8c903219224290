#include "decision/delivery_history.hpp"

#include <gtest/gtest.h>

namespace adbacus {
namespace {

constexpr TimeUs kHour = 492'000 * kHourUs;

class DeliveryHistoryTest : public testing::Test {
 protected:
  DeliveryHistoryTest() {
    plan_.id = "t";
    placement_.id = "p";
    item_.id = "i";
  }
  void see(Elimination reason, std::uint64_t weight, TimeUs now_us) {
    history_.add(plan_, {{.item = &item_, .reason = reason}}, weight, now_us);
  }
  static std::uint64_t count(const HourOfDelivery& hour, Elimination reason) {
    return hour.counts[static_cast<std::size_t>(reason)];
  }

  TenantPlan plan_;
  PlacementPlan placement_;
  ServingItem item_;
  DeliveryHistory history_{DeliveryHistoryOptions{}};
};

TEST_F(DeliveryHistoryTest, ALookStandsForAllDecisionsSinceTheLastOne) {
  std::uint64_t stands_for = 0;
  int looks = 0;
  TimeUs now_us = kHour;
  for (int i = 0; i < 5'000; ++i, now_us += 777) {
    const std::uint64_t weight = history_.due(plan_, placement_, now_us);
    stands_for += weight;
    looks += weight > 0 ? 1 : 0;
  }
  stands_for += history_.due(plan_, placement_, now_us + kSecondUs);
  EXPECT_EQ(stands_for, 5'001U);
  EXPECT_LE(looks, 5'000 * 777 / 100'000 + 1);
  EXPECT_GE(looks, 30);
  EXPECT_GT(history_.due(plan_, placement_, kHour), 0U) << "the clock was set back";
}

TEST_F(DeliveryHistoryTest, LooksLessOftenWhereOneLookIsLong) {
  placement_.items.resize(10'000);
  EXPECT_GT(history_.due(plan_, placement_, kHour), 0U);
  EXPECT_EQ(history_.due(plan_, placement_, kHour + 499'999), 0U);
  EXPECT_EQ(history_.due(plan_, placement_, kHour + 500'000), 2U);
}

TEST_F(DeliveryHistoryTest, KeepsHoursApartAndForgetsOldOnes) {
  see(Elimination::targeting, 10, kHour);
  see(Elimination::targeting, 5, kHour + kHourUs - 1);
  see(Elimination::none, 2, kHour + kHourUs);
  const auto hours = history_.hours("t", "i", kHour, kHour + kDayUs);
  ASSERT_EQ(hours.size(), 2U);
  EXPECT_EQ(count(hours[0], Elimination::targeting), 15U);
  EXPECT_EQ(count(hours[1], Elimination::none), 2U);
  EXPECT_EQ(history_.hours("t", "i", kHour, kHour + kHourUs).size(), 1U);
  EXPECT_TRUE(history_.hours("other", "i", kHour, kHour + kDayUs).empty());
  see(Elimination::budget, 1, kHour + 72 * kHourUs);
  EXPECT_EQ(history_.hours("t", "i", 0, INT64_MAX).size(), 2U) << "three days, not more";
}

}  // namespace
}  // namespace adbacus
