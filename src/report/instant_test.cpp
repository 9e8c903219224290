#include "report/instant.hpp"

#include <gtest/gtest.h>

namespace adbacus {
namespace {

constexpr TimeUs kNoon = 1'795'262'400'000'000;  // 2026-11-21T12:00:00Z

TEST(Instant, ReadsIsoTextAndEpochMilliseconds) {
  const std::vector<std::pair<std::string_view, TimeUs>> cases{
      {"2026-11-21T12:00:00Z", kNoon},
      {"2026-11-21T12:00:00", kNoon},
      {"2026-11-21t12:00z", kNoon},
      {"2026-11-21 12:00:00", kNoon},
      {"2026-11-21T13:00:00+01:00", kNoon},
      {"2026-11-21T13:00:00 01:00", kNoon},  // '+' unescaped in a query
      {"2026-11-21T06:30:00-0530", kNoon},
      {"2026-11-21T12:00:00.5Z", kNoon + 500'000},
      {"2026-11-21T12:00:00.123456789Z", kNoon + 123'456},
      {"2026-11-21", kNoon - 12 * kHourUs},
      {"1795262400000", kNoon},
      {"0", 0},
  };
  for (const auto& [text, time] : cases) {
    const auto parsed = parse_instant(text);
    ASSERT_TRUE(parsed) << text << ": " << parsed.error().message;
    EXPECT_EQ(*parsed, time) << text;
  }
}

TEST(Instant, RefusesWhatItDoesNotUnderstand) {
  for (const std::string_view text : {"",
                                      " ",
                                      "now",
                                      "2026",
                                      "1795262400",
                                      "-5",
                                      "2026-13-01",
                                      "2026-02-30",
                                      "2026-11-21T",
                                      "2026-11-21T24:00:00Z",
                                      "2026-11-21T12:60:00Z",
                                      "2026-11-21T12:00:61Z",
                                      "2026-11-21T12:00:00X",
                                      "2026-11-21T12:00:00+25:00",
                                      "2026-11-21T12:00:00Zx",
                                      "2026-11-21T12:00:00.",
                                      "1969-12-31",
                                      "2200-01-01",
                                      "99999999999999999999",
                                      "1e12",
                                      "20-11-2026",
                                      "2026-11-21T13+01",
                                      "2026-11-21T12:00:00.1234567890Z",
                                      "--",
                                      "1-2"}) {
    EXPECT_FALSE(parse_instant(text)) << text;
  }
  EXPECT_NE(parse_instant("1795262400").error().message.find("seconds"), std::string::npos);
}

TEST(Instant, WritesWhatItReads) {
  EXPECT_EQ(format_instant(kNoon, 0), "2026-11-21T12:00:00Z");
  EXPECT_EQ(format_instant(kNoon, kHourUs), "2026-11-21T13:00:00+01:00");
  EXPECT_EQ(format_instant(kNoon, -(5 * kHourUs + 30 * kMinuteUs)), "2026-11-21T06:30:00-05:30");
  EXPECT_EQ(format_instant(kNoon + 123'000, 0), "2026-11-21T12:00:00.123Z");
  EXPECT_EQ(format_instant(kNoon + 123'456, 0), "2026-11-21T12:00:00.123456Z");
  for (const TimeUs offset : {TimeUs{0}, kHourUs, -9 * kHourUs, 5 * kHourUs + 45 * kMinuteUs}) {
    for (TimeUs time = 1; time < 200 * kDayUs; time = time * 3 + 1) {
      const auto parsed = parse_instant(format_instant(kNoon + time, offset));
      ASSERT_TRUE(parsed);
      EXPECT_EQ(*parsed, kNoon + time);
    }
  }
}

TEST(Instant, DatesGoBothWays) {
  EXPECT_EQ(*parse_date("1970-01-01"), 0);
  EXPECT_EQ(*parse_date("2024-02-29"), 19'782);
  EXPECT_EQ(format_date(19'782), "2024-02-29");
  for (const std::string_view text : {"", "2023-02-29", "2024-2-29", "2024-02-29T00:00", "x"}) {
    EXPECT_FALSE(parse_date(text)) << text;
  }
}

}  // namespace
}  // namespace adbacus
