#include "store/time_buckets.hpp"

#include <gtest/gtest.h>
#include <vector>

#include "base/rng.hpp"
#include "store/testing/reference_model.hpp"
#include "store/testing/store_folder.hpp"

namespace adbacus {
namespace {

constexpr TimeUs utc(std::int64_t seconds) {
  return seconds * kSecondUs;
}
constexpr TimeUs kOct24 = utc(1'792'800'000);  // 2026-10-24T00:00Z
constexpr TimeUs kMar27 = utc(1'774'569'600);  // 2026-03-27T00:00Z

RollupQuery query(TimeUs from, TimeUs to, TimeUnit unit, const char* zone) {
  RollupQuery result;
  result.from_us = from;
  result.to_us = to;
  result.unit = unit;
  result.timezone = zone;
  return result;
}

std::vector<TimeStretch> stretches(const RollupQuery& asked) {
  auto result = time_stretches(asked);
  EXPECT_TRUE(result) << result.error().message;
  return result ? *result : std::vector<TimeStretch>{};
}

TEST(TimeBuckets, DayHasTwentyFiveHoursWhenClocksGoBack) {
  // Berlin: 25 October is from 24th 22:00Z to 25th 23:00Z.
  const auto days =
      stretches(query(kOct24 + 22 * kHourUs, kOct24 + 3 * kDayUs, TimeUnit::day, "Europe/Berlin"));
  ASSERT_EQ(days.size(), 3U);
  EXPECT_EQ(days[0].bucket_us, kOct24 + 22 * kHourUs);
  EXPECT_EQ(days[0].end_us - days[0].begin_us, 25 * kHourUs);
  EXPECT_EQ(days[1].bucket_us, kOct24 + kDayUs + 23 * kHourUs);
}

TEST(TimeBuckets, DayHasTwentyThreeHoursWhenClocksGoForward) {
  const auto days = stretches(query(kMar27, kMar27 + 4 * kDayUs, TimeUnit::day, "Europe/Berlin"));
  ASSERT_EQ(days.size(), 5U);
  EXPECT_EQ(days[0].bucket_us, kMar27 - kHourUs);  // whole bucket, though the range begins inside
  EXPECT_EQ(days[0].begin_us, kMar27);
  EXPECT_EQ(days[2].end_us - days[2].begin_us, 23 * kHourUs);
}

TEST(TimeBuckets, HourLivedTwiceGivesTwoHours) {
  const auto hours = stretches(
      query(kOct24 + kDayUs, kOct24 + kDayUs + 3 * kHourUs, TimeUnit::hour, "Europe/Berlin"));
  ASSERT_EQ(hours.size(), 3U);
  const auto of_day = stretches(query(kOct24 + kDayUs, kOct24 + kDayUs + 3 * kHourUs,
                                      TimeUnit::hour_of_day, "Europe/Berlin"));
  ASSERT_EQ(of_day.size(), 3U);
  EXPECT_EQ(of_day[0].bucket_us, 2);
  EXPECT_EQ(of_day[1].bucket_us, 2);
  EXPECT_EQ(of_day[2].bucket_us, 3);
}

TEST(TimeBuckets, ClocksThatChangeInsideAnHourCutItInTwo) {
  const TimeUs back = utc(1'775'314'800);  // 2026-04-04T15:00Z, 02:00+11:00 becomes 01:30+10:30
  const auto hours = stretches(
      query(back - kHourUs, back + kHourUs + kHourUs / 2, TimeUnit::hour, "Australia/Lord_Howe"));
  ASSERT_EQ(hours.size(), 3U);
  EXPECT_EQ(hours[1].begin_us, back);
  EXPECT_EQ(hours[1].bucket_us, back);
  EXPECT_EQ(hours[1].end_us, back + kHourUs / 2);
}

TEST(TimeBuckets, WeeksStartOnMondayAndWeekdaysAreIso) {
  const auto weeks = stretches(query(kOct24, kOct24 + 3 * kDayUs, TimeUnit::week, "UTC"));
  ASSERT_EQ(weeks.size(), 2U);  // the 24th is a Saturday
  EXPECT_EQ(weeks[0].bucket_us, kOct24 - 5 * kDayUs);
  EXPECT_EQ(weeks[1].bucket_us, kOct24 + 2 * kDayUs);
  const auto days = stretches(query(kOct24, kOct24 + 3 * kDayUs, TimeUnit::weekday, "UTC"));
  ASSERT_EQ(days.size(), 3U);
  EXPECT_EQ(days[0].bucket_us, 6);
  EXPECT_EQ(days[2].bucket_us, 1);
}

// St. John's set its clocks back at 00:01, so midnight came twice.
TEST(TimeBuckets, DateBeginsAtItsFirstMidnight) {
  const TimeUs change = utc(1'162'089'060);  // 2006-10-29T02:31Z
  const auto days = stretches(
      query(change - 2 * kHourUs, change + 2 * kHourUs, TimeUnit::day, "America/St_Johns"));
  ASSERT_EQ(days.size(), 2U);
  EXPECT_EQ(days[1].begin_us, change - kMinuteUs);
}

TEST(TimeBuckets, CoverRandomRangesWithoutOverlapAndAgreeWithCivilTime) {
  const std::uint64_t seed = test_seed();
  SCOPED_TRACE(seed);
  Rng rng(seed);
  const char* zones[] = {
      "UTC",         "Europe/Berlin", "America/Sao_Paulo", "Asia/Kathmandu", "Australia/Lord_Howe",
      "Pacific/Apia"};
  for (int round = 0; round < 200; ++round) {
    const char* zone = zones[rng.below(6)];
    const auto unit = static_cast<TimeUnit>(rng.below(9));
    const TimeUs from = static_cast<TimeUs>(rng.below(56ULL * 365 * 24 * 60)) * kMinuteUs;
    const TimeUs to = from + static_cast<TimeUs>(rng.below(20 * 24 * 60)) * kMinuteUs;
    TimeUs next = from;
    for (const TimeStretch& stretch : stretches(query(from, to, unit, zone))) {
      ASSERT_EQ(stretch.begin_us, next);
      ASSERT_LT(stretch.begin_us, stretch.end_us);
      next = stretch.end_us;
      for (const TimeUs time : {stretch.begin_us, stretch.end_us - kMinuteUs}) {
        ASSERT_EQ(stretch.bucket_us, reference_bucket(time, unit, zone))
            << zone << " unit " << static_cast<int>(unit) << " at " << time;
      }
    }
    ASSERT_EQ(next, to);
  }
}

TEST(TimeBuckets, RefusesUnknownZonesAndTooManyBuckets) {
  EXPECT_FALSE(time_stretches(query(0, kDayUs, TimeUnit::day, "Mars/Olympus")));
  auto many = time_stretches(query(0, 3'000'000 * kMinuteUs, TimeUnit::minute, "UTC"));
  ASSERT_FALSE(many);
  EXPECT_TRUE(many.error().message.starts_with("too_many_rows"));
  EXPECT_TRUE(stretches(query(5, 5, TimeUnit::day, "UTC")).empty());
}

}  // namespace
}  // namespace adbacus
