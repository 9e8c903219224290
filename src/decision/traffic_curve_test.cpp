#include "decision/traffic_curve.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <map>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"
#include "decision/local_time.hpp"

namespace adbacus {
namespace {

constexpr std::int64_t kHourZero = 1'773'014'400 / 3'600;  // 2026-03-09, a Monday, 00:00 UTC
constexpr const char* kZones[] = {"UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York"};

TrafficCurve random_curve(Rng& rng) {
  std::array<double, kWeekHours> rates{};
  for (double& rate : rates) rate = 1 + static_cast<double>(rng.below(50));
  return TrafficCurve(rates);
}

// Minute by minute, by what the clock on the wall says.
double slow_between(const TrafficCurve& curve, const std::string& zone, TimeUs from_us,
                    TimeUs to_us) {
  double sum = 0;
  for (TimeUs at = from_us; at < to_us; at += kMinuteUs) {
    sum += curve.rate(static_cast<std::size_t>(local_hour_of_week(zone, at))) / 60;
  }
  return sum;
}

TEST(TrafficCurve, SumsTheHoursThatTheClockOnTheWallShows) {
  Rng rng(test_seed());
  for (const std::string zone : kZones) {
    // Both weeks in which clocks change, and others.
    for (const TimeUs week : {kHourZero * kHourUs, 1'774'200'000 * kSecondUs,
                              1'792'800'000 * kSecondUs, 1'793'400'000 * kSecondUs}) {
      const TrafficCurve curve = random_curve(rng);
      const TimeUs from = week + static_cast<TimeUs>(rng.below(3'000)) * kMinuteUs;
      const TimeUs to = from + static_cast<TimeUs>(rng.below(12'000)) * kMinuteUs;
      const double slow = slow_between(curve, zone, from, to);
      EXPECT_NEAR(curve.between(zone, from, to), slow, 1e-6 * (1 + slow)) << zone << ' ' << from;
    }
  }
  EXPECT_EQ(TrafficCurve().between("UTC", 5, 5), 0);
  EXPECT_EQ(TrafficCurve().between("UTC", 7, 5), 0);
}

TEST(TrafficCurve, AddsUpOverYearsAndIsFlatAtFirst) {
  Rng rng(test_seed() + 1);
  const TimeUs from = kHourZero * kHourUs;
  for (const std::string zone : kZones) {
    const TrafficCurve curve = random_curve(rng);
    const TimeUs to = from + 900 * kDayUs;
    const TimeUs mid = from + static_cast<TimeUs>(rng.below(900 * kDayUs));
    const double all = curve.between(zone, from, to);
    EXPECT_NEAR(curve.between(zone, from, mid) + curve.between(zone, mid, to), all, 1e-9 * all);
    EXPECT_NEAR(TrafficCurve().between(zone, from, mid),
                static_cast<double>(mid - from) / static_cast<double>(kHourUs), 1e-6);
  }
}

TEST(LearnedCurve, IsFlatWhileNothingIsKnownAndNearlySoWithLittle) {
  const LearnedCurve none = learn_curve({.first = kHourZero, .counts = {0, 0, 0}}, "UTC");
  EXPECT_EQ(none.requests, 0);
  EXPECT_DOUBLE_EQ(none.curve.rate(0), none.curve.rate(99));
  // Five requests, all in one hour of a day.
  std::vector<double> counts(20, 0.0);
  counts[10] = 5;
  const LearnedCurve little = learn_curve({.first = kHourZero, .counts = counts}, "UTC");
  EXPECT_EQ(little.hours, 20);
  EXPECT_GT(little.curve.rate(10), little.curve.rate(11));
  EXPECT_LT(little.curve.rate(10), 2 * little.curve.rate(11));
}

// The formula of the header, by maps and for whole hours only.
double expected_rate(const std::map<int, double>& hours, const std::map<int, double>& requests,
                     int hour) {
  double all_hours = 0;
  double all = 0;
  double day_hours = 0;
  double day = 0;
  for (const auto& [at, seen] : hours) {
    all_hours += seen;
    all += requests.at(at);
    if (at % 24 != hour % 24) continue;
    day_hours += seen;
    day += requests.at(at);
  }
  const double flat = all / all_hours;
  const double day_rate = (day + 0.25 * flat + 20) / (day_hours + 0.25 + 20 / flat);
  const double seen = hours.contains(hour) ? hours.at(hour) : 0;
  const double own = hours.contains(hour) ? requests.at(hour) : 0;
  return (own + 0.5 * day_rate + 20) / (seen + 0.5 + 20 / day_rate);
}

TEST(LearnedCurve, IsTheFormulaThatIsStated) {
  Rng rng(test_seed() + 2);
  for (int round = 0; round < 30; ++round) {
    const std::string zone = round % 2 == 0 ? "UTC" : "Europe/Berlin";
    RequestHours seen{.first = kHourZero + static_cast<std::int64_t>(rng.below(5'000))};
    std::map<int, double> hours;
    std::map<int, double> requests;
    for (std::uint64_t i = 0, n = 1 + rng.below(672); i < n; ++i) {
      seen.counts.push_back(static_cast<double>(rng.below(3) == 0 ? 0 : 1 + rng.below(500)));
    }
    seen.counts.push_back(1);
    for (std::size_t i = 0; i < seen.counts.size(); ++i) {
      const TimeUs at_us = (seen.first + static_cast<std::int64_t>(i)) * kHourUs;
      const int hour = local_hour_of_week(zone, at_us);
      hours[hour] += 1;
      requests[hour] += seen.counts[i];
    }
    const LearnedCurve learned = learn_curve(seen, zone);
    EXPECT_DOUBLE_EQ(learned.hours, static_cast<double>(seen.counts.size()));
    for (int hour = 0; hour < static_cast<int>(kWeekHours); ++hour) {
      const double expected = expected_rate(hours, requests, hour);
      ASSERT_NEAR(learned.curve.rate(static_cast<std::size_t>(hour)), expected, 1e-9 * expected);
    }
  }
}

TEST(LearnedCurve, FourWeeksShowTheTrafficAsItIs) {
  Rng rng(test_seed() + 3);
  for (const std::string zone : kZones) {
    const TrafficCurve truth = random_curve(rng);
    RequestHours seen{.first = kHourZero};
    for (std::int64_t i = 0; i < 672; ++i) {
      const TimeUs at_us = (kHourZero + i) * kHourUs;
      seen.counts.push_back(std::round(1'000 * truth.between(zone, at_us, at_us + kHourUs)));
    }
    const LearnedCurve learned = learn_curve(seen, zone);
    const TimeUs begin_us = (kHourZero + 700) * kHourUs;
    const TimeUs end_us = begin_us + kDayUs;
    for (TimeUs at_us = begin_us; at_us <= end_us; at_us += kHourUs) {
      const double share =
          truth.between(zone, begin_us, at_us) / truth.between(zone, begin_us, end_us);
      EXPECT_NEAR(learned.curve.between(zone, begin_us, at_us) /
                      learned.curve.between(zone, begin_us, end_us),
                  share, 0.03)
          << zone;
    }
  }
}

TEST(LearnedCurve, ADayWithoutAnyRequestWasNotSeen) {
  RequestHours seen{.first = kHourZero};
  for (int i = 0; i < 96; ++i) seen.counts.push_back(i >= 40 && i < 70 ? 0 : 100);
  const LearnedCurve learned = learn_curve(seen, "UTC");
  EXPECT_EQ(learned.hours, 66);
  EXPECT_NEAR(learned.curve.rate(45), 100, 1e-9);
  seen.counts.clear();
  for (int i = 0; i < 96; ++i) seen.counts.push_back(i >= 40 && i < 63 ? 0 : 100);
  EXPECT_EQ(learn_curve(seen, "UTC").hours, 96);
}

}  // namespace
}  // namespace adbacus
