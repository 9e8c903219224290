#include "model/targeting.hpp"

#include <gtest/gtest.h>

#include "model/campaign.hpp"
#include "model/entity_kind.hpp"

namespace adbacus {
namespace {

int count(const WeekHours& hours) {
  int n = 0;
  for (int hour = 0; hour < 168; ++hour) n += hours.has(hour) ? 1 : 0;
  return n;
}

TEST(Daypart, NamesHoursOfTheWeek) {
  const auto office = parse_daypart("mon-fri 08-18, sat 10-14");
  ASSERT_TRUE(office);
  EXPECT_EQ(count(*office), 54);
  EXPECT_TRUE(office->has(8));
  EXPECT_FALSE(office->has(18));
  EXPECT_TRUE(office->has(5 * 24 + 13));
  EXPECT_FALSE(office->has(6 * 24 + 12));
  EXPECT_EQ(count(*parse_daypart("sun")), 24);
  EXPECT_EQ(count(*parse_daypart("mon-sun")), 168);
}

TEST(Daypart, WrapsIntoTheNextDayAndWeek) {
  const auto nights = parse_daypart("sun 22-06");
  ASSERT_TRUE(nights);
  EXPECT_EQ(count(*nights), 8);
  EXPECT_TRUE(nights->has(6 * 24 + 23));
  EXPECT_TRUE(nights->has(5));
  EXPECT_EQ(count(*parse_daypart("sat-mon")), 72);
  EXPECT_EQ(count(*parse_daypart("22-06")), 56);
}

TEST(Daypart, RefusesOtherTexts) {
  for (const char* bad : {"", "mon-fri 8", "noday", "mon 25-26", "mon 08-08", "mon,", "08-18 mon",
                          "mon 24-02", "mon 1a-2"}) {
    EXPECT_FALSE(parse_daypart(bad)) << bad;
  }
}

TEST(LifeStatus, AnEndedCampaignStaysEndedAndNothingBecomesADraftAgain) {
  constexpr LifeStatus kAll[] = {LifeStatus::draft, LifeStatus::active, LifeStatus::paused,
                                 LifeStatus::ended};
  for (const LifeStatus before : kAll) {
    for (const LifeStatus after : kAll) {
      const bool legal = before == after || before == LifeStatus::draft ||
                         (before != LifeStatus::ended && after != LifeStatus::draft);
      EXPECT_EQ(may_follow(before, after), legal);
    }
  }
}

TEST(EntityKind, IsFoundByItsName) {
  for (const EntityKind kind : kEntityKinds) {
    EXPECT_EQ(parse_entity_kind(entity_kind_name(kind)), kind);
  }
  EXPECT_EQ(parse_entity_kind("campaigns"), std::nullopt);
}

}  // namespace
}  // namespace adbacus
