#include "report/zone.hpp"

#include <cstdlib>
#include <ctime>
#include <gtest/gtest.h>
#include <random>

#include "base/rng.hpp"

namespace adbacus {
namespace {

// The C library's opinion, which reads the same zone files with other code.
class SystemZone {
 public:
  explicit SystemZone(const std::string& name) {
    setenv("TZ", (":" + name).c_str(), 1);
    tzset();
  }
  ~SystemZone() {
    unsetenv("TZ");
    tzset();
  }
  static std::tm local(TimeUs time) {
    const std::time_t seconds = floor_to(time, kSecondUs) / kSecondUs;
    std::tm out{};
    localtime_r(&seconds, &out);
    return out;
  }
};

Zone zone(const std::string& name) {
  auto found = Zone::find(name);
  EXPECT_TRUE(found) << name;
  return *found;
}

TimeUs at(std::string_view text) {
  return *parse_instant(text);
}

TEST(Zone, AgreesWithTheCLibraryAboutEveryBucket) {
  const std::uint64_t seed = secure_random_u64();
  std::mt19937_64 random(seed);
  SCOPED_TRACE("seed " + std::to_string(seed));
  for (const std::string name :
       {"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe",
        "America/Sao_Paulo", "Pacific/Apia", "Asia/Kathmandu", "Africa/Cairo"}) {
    const Zone z = zone(name);
    const SystemZone system(name);
    for (int i = 0; i < 400; ++i) {
      const TimeUs time = static_cast<TimeUs>(random() % 56) * 365 * kDayUs +
                          static_cast<TimeUs>(random() % static_cast<std::uint64_t>(365 * kDayUs));
      const std::tm local = SystemZone::local(time);
      ASSERT_EQ(z.offset_us(time), local.tm_gmtoff * kSecondUs) << name << " " << time;
      ASSERT_EQ(z.bucket(time, TimeUnit::hour_of_day), local.tm_hour);
      ASSERT_EQ(z.bucket(time, TimeUnit::weekday), local.tm_wday == 0 ? 7 : local.tm_wday);
      for (const TimeUnit unit : {TimeUnit::day, TimeUnit::week, TimeUnit::month}) {
        const TimeUs start = z.bucket(time, unit);
        ASSERT_LE(start, time);
        ASSERT_GT(z.next(start, unit), time);
        ASSERT_EQ(z.bucket(start, unit), start);
        const std::tm first = SystemZone::local(start);
        const std::tm before = SystemZone::local(start - 1);
        ASSERT_NE(first.tm_mday, before.tm_mday) << name << " " << time;
        if (unit == TimeUnit::week) {
          ASSERT_EQ(first.tm_wday, 1);
        }
        if (unit == TimeUnit::month) {
          ASSERT_EQ(first.tm_mday, 1);
        }
        if (unit == TimeUnit::day) {
          ASSERT_EQ(first.tm_yday, local.tm_yday);
        }
      }
    }
  }
}

TEST(Zone, DaysOfChangedClocksHave23And25Hours) {
  const Zone berlin = zone("Europe/Berlin");
  const TimeUs spring = berlin.start_of(*parse_date("2026-03-29"));
  EXPECT_EQ(berlin.next(spring, TimeUnit::day) - spring, 23 * kHourUs);
  const TimeUs autumn = berlin.start_of(*parse_date("2026-10-25"));
  EXPECT_EQ(berlin.next(autumn, TimeUnit::day) - autumn, 25 * kHourUs);
  int hours = 0;
  for (TimeUs t = autumn; t < autumn + 25 * kHourUs; t = berlin.next(t, TimeUnit::hour)) ++hours;
  EXPECT_EQ(hours, 25);
}

TEST(Zone, ClocksThatChangeInsideAnHourCutItInTwo) {
  const Zone lord_howe = zone("Australia/Lord_Howe");
  std::string labels;  // 2026-04-05 02:00+11:00 becomes 01:30+10:30
  for (TimeUs t = at("2026-04-04T13:00:00Z"); t < at("2026-04-04T16:30:00Z");
       t = lord_howe.next(t, TimeUnit::hour)) {
    EXPECT_EQ(lord_howe.bucket(t, TimeUnit::hour), t);
    EXPECT_EQ(lord_howe.bucket(t + 29 * kMinuteUs, TimeUnit::hour), t);
    labels += lord_howe.label(t, TimeUnit::hour).substr(11) + " ";
  }
  EXPECT_EQ(labels, "00:00:00+11:00 01:00:00+11:00 01:30:00+10:30 02:00:00+10:30 ");
  labels.clear();  // 2026-10-04 02:00+10:30 becomes 02:30+11:00
  for (TimeUs t = at("2026-10-03T14:30:00Z"); t < at("2026-10-03T17:00:00Z");
       t = lord_howe.next(t, TimeUnit::hour)) {
    labels += lord_howe.label(t, TimeUnit::hour).substr(11) + " ";
  }
  EXPECT_EQ(labels, "01:00:00+10:30 02:30:00+11:00 03:00:00+11:00 ");
}

TEST(Zone, ADayWhoseMidnightDoesNotExistStartsLater) {
  const Zone sao_paulo = zone("America/Sao_Paulo");  // 2018-11-04 began at 01:00
  EXPECT_EQ(sao_paulo.start_of(*parse_date("2018-11-04")), at("2018-11-04T03:00:00Z"));
  EXPECT_EQ(sao_paulo.label(at("2018-11-04T03:00:00Z"), TimeUnit::day), "2018-11-04");
}

TEST(Zone, LabelsAreLocal) {
  const Zone berlin = zone("Europe/Berlin");
  const TimeUs noon = at("2026-11-21T12:00:00Z");
  EXPECT_EQ(berlin.label(noon, TimeUnit::hour), "2026-11-21T13:00:00+01:00");
  EXPECT_EQ(berlin.label(berlin.bucket(noon, TimeUnit::day), TimeUnit::day), "2026-11-21");
  EXPECT_EQ(berlin.label(berlin.bucket(noon, TimeUnit::week), TimeUnit::week), "2026-11-16");
  EXPECT_EQ(berlin.label(berlin.bucket(noon, TimeUnit::month), TimeUnit::month), "2026-11-01");
  EXPECT_EQ(berlin.label(13, TimeUnit::hour_of_day), "13");
  EXPECT_EQ(zone("UTC").label(noon, TimeUnit::minute), "2026-11-21T12:00:00Z");
}

TEST(Zone, KnowsWhereOffsetsAreNoWholeHours) {
  const TimeUs from = at("2026-01-01");
  const TimeUs to = at("2027-01-01");
  EXPECT_TRUE(zone("UTC").offsets_are_multiples(from, to, kHourUs));
  EXPECT_TRUE(zone("Europe/Berlin").offsets_are_multiples(from, to, kHourUs));
  EXPECT_FALSE(zone("Asia/Kolkata").offsets_are_multiples(from, to, kHourUs));
  EXPECT_TRUE(zone("Asia/Kolkata").offsets_are_multiples(from, to, kMinuteUs));
  // Half an hour of daylight saving only: 10:30 in winter, 11:00 in summer.
  EXPECT_FALSE(zone("Australia/Lord_Howe").offsets_are_multiples(from, to, kHourUs));
}

TEST(Zone, RefusesWhatIsNoZone) {
  for (const std::string name :
       {"", "Mars/Olympus", "../../etc/passwd", "europe/berlin", "+01:00"}) {
    EXPECT_FALSE(Zone::find(name)) << name;
  }
}

}  // namespace
}  // namespace adbacus
