#include "model/event_time.hpp"

#include <cstdlib>
#include <ctime>
#include <gtest/gtest.h>
#include <iostream>

#include "base/rng.hpp"

namespace adbacus {
namespace {

constexpr TimeUs kNoon = 1'795'262'400 * kSecondUs;  // 2026-11-21T12:00:00Z

struct IsoCase {
  const char* text;
  TimeUs us;
  int offset_min;
  bool zone_missing;
};

TEST(EventTime, ReadsIsoTextWithItsZone) {
  const IsoCase cases[] = {
      {"2026-11-21T12:00:00Z", kNoon, 0, false},
      {"2026-11-21t12:00:00z", kNoon, 0, false},
      {"2026-11-21 12:00:00Z", kNoon, 0, false},
      {"2026-11-21T12:00Z", kNoon, 0, false},
      {"2026-11-21T12:00:00.123Z", kNoon + 123'000, 0, false},
      {"2026-11-21T12:00:00,5Z", kNoon + 500'000, 0, false},
      {"2026-11-21T12:00:00.123456789Z", kNoon + 123'456, 0, false},
      {"2026-11-21T17:30:00+05:30", kNoon, 330, false},
      {"2026-11-21T17:30:00+0530", kNoon, 330, false},
      {"2026-11-21T04:00:00-08", kNoon, -480, false},
      {"2026-11-21T12:00:00", kNoon, 0, true},
      {"2026-11-21", kNoon - 12 * kHourUs, 0, true},
      {"1970-01-01T00:00:00Z", 0, 0, false},
      {"2024-02-29T00:00:00Z", 1'709'164'800 * kSecondUs, 0, false},
      {"2016-12-31T23:59:60Z", 1'483'228'800 * kSecondUs, 0, false},
      {"9999-12-31T23:59:59.999999Z", 253'402'300'799'999'999, 0, false},
  };
  for (const IsoCase& c : cases) {
    const auto parsed = parse_time_text(c.text, EpochUnits::ms_only);
    ASSERT_TRUE(parsed) << c.text;
    EXPECT_EQ(parsed->us, c.us) << c.text;
    EXPECT_EQ(parsed->utc_offset_min, c.offset_min) << c.text;
    EXPECT_EQ(parsed->zone_missing, c.zone_missing) << c.text;
  }
}

TEST(EventTime, RefusesWhatIsNoTime) {
  for (const char* text : {"",
                           "now",
                           "2026",
                           "2026-11",
                           "2026-13-01T00:00:00Z",
                           "2026-00-01T00:00:00Z",
                           "2026-02-29T00:00:00Z",
                           "2026-11-31T00:00:00Z",
                           "2026-11-21T24:00:00Z",
                           "2026-11-21T12:60:00Z",
                           "2026-11-21T12:00:61Z",
                           "2026-11-21T12:00:00.Z",
                           "2026-11-21T12:00:00+24:00",
                           "2026-11-21T12:00:00+5",
                           "2026-11-21T12:00:00 Z",
                           "2026-11-21T12:00:00Zjunk",
                           "2026-11-21X12:00:00Z",
                           "2026/11/21T12:00:00Z",
                           "1969-12-31T23:59:59Z",
                           "-026-11-21T12:00:00Z",
                           "2026-1a-21T12:00:00Z",
                           "1970-01-01T00:00:00+01:00"}) {
    EXPECT_FALSE(parse_time_text(text, EpochUnits::by_magnitude)) << text;
  }
}

struct EpochCase {
  const char* text;
  TimeUs us;
  bool seconds;
  bool strict_good;
};

TEST(EventTime, TellsTheUnitOfAnEpochNumberByItsMagnitude) {
  const EpochCase cases[] = {
      {"1795262400", kNoon, true, false},
      {"1795262400.25", kNoon + 250'000, true, false},
      {"1000000000", 1'000'000'000 * kSecondUs, true, false},
      {"99999999999", 99'999'999'999 * kSecondUs, true, false},
      {"100000000000", 100'000'000'000 * kMillisecondUs, false, true},
      {"1795262400123", kNoon + 123'000, false, true},
      {"1795262400123.4567", kNoon + 123'456, false, true},
      {"1.795262400123e12", kNoon + 123'000, false, true},
      {"1795262400123456", kNoon + 123'456, false, false},
      {"99999999999999999", 99'999'999'999'999'999, false, false},
      {"1795262400123456789", kNoon + 123'456, false, false},
  };
  for (const EpochCase& c : cases) {
    const auto parsed = parse_epoch(c.text, EpochUnits::by_magnitude);
    ASSERT_TRUE(parsed) << c.text;
    EXPECT_EQ(parsed->us, c.us) << c.text;
    EXPECT_EQ(parsed->seconds_assumed, c.seconds) << c.text;
    const auto strict = parse_epoch(c.text, EpochUnits::ms_only);
    EXPECT_EQ(static_cast<bool>(strict), c.strict_good) << c.text;
  }
}

TEST(EventTime, RefusesNumbersThatAreNoTime) {
  for (const char* text : {"", "-1795262400123", "0", "42", "999999999", "1e400", "1e", "1.5.5",
                           "18446744073709551616", "99999999999999999999999999", "1795262400e-3",
                           "0x6b", "1795262400.", ".5", "1795262400 "}) {
    EXPECT_FALSE(parse_epoch(text, EpochUnits::by_magnitude)) << text;
  }
}

TEST(EventTime, AgreesWithTheLibraryCalendarForRandomInstants) {
  const char* given = std::getenv("ADBACUS_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 20261121;
  std::cout << "seed " << seed << "\n";
  Rng rng(seed);
  for (int i = 0; i < 20'000; ++i) {
    const auto seconds = static_cast<std::time_t>(rng.below(253'402'300'800));
    std::tm parts{};
    ASSERT_NE(gmtime_r(&seconds, &parts), nullptr);
    char text[40];
    const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    const auto parsed = parse_iso_time({text, size});
    ASSERT_TRUE(parsed) << text;
    ASSERT_EQ(parsed->us, seconds * kSecondUs) << text;
  }
}

TEST(UtcText, ReadsBackAndDropsNoughts) {
  EXPECT_EQ(utc_text(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(utc_text(1'700'000'000'123'400), "2023-11-14T22:13:20.1234Z");
  for (const TimeUs time : {TimeUs{1'700'000'000'000'001}, TimeUs{4'102'444'799'999'999}}) {
    EXPECT_EQ(parse_iso_time(utc_text(time))->us, time);
  }
}

}  // namespace
}  // namespace adbacus
