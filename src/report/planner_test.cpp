#include "report/planner.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace adbacus {
namespace {

constexpr TimeUs kStart = 1'793'491'200'000'000;  // 2026-11-01T00:00:00Z
constexpr TimeUs kNow = kStart + 20 * kDayUs;

struct Case {
  std::string_view what;
  std::vector<std::string_view> metrics{"clicks"};
  std::vector<std::string_view> dimensions = {};
  std::vector<std::string_view> filtered = {};
  TimeUs from_us = kStart;
  TimeUs to_us = kStart + kDayUs;
  std::string timezone = "UTC";
  bool has_raw = true;
};

Result<Plan> plan(const Case& c) {
  ReportRequest request;
  for (const auto name : c.metrics) request.metrics.push_back(*find_metric(name));
  for (const auto name : c.dimensions) request.dimensions.push_back(*find_dimension(name));
  for (const auto name : c.filtered) {
    request.filters.push_back({*find_dimension(name), FilterOp::eq, {"x"}});
  }
  request.from_us = c.from_us;
  request.to_us = c.to_us;
  request.timezone = c.timezone;
  PlanLimits limits;
  limits.has_raw = c.has_raw;
  limits.now_us = kNow;
  return make_plan(request, *Zone::find(c.timezone), limits);
}

// "traffic 0..1440" with minutes since kStart, parts separated by commas; or the refusal's code.
std::string text_of(const Result<Plan>& plan) {
  if (!plan) return plan.error().message.substr(0, plan.error().message.find(':'));
  std::string text;
  for (const PlanPart& part : plan->parts) {
    if (!text.empty()) text += ", ";
    text += part.source == ReportSource::traffic     ? "traffic "
            : part.source == ReportSource::breakdown ? "breakdown "
                                                     : "raw ";
    const auto minutes = [](TimeUs time) {
      const TimeUs us = time - kStart;
      const TimeUs seconds = us % kMinuteUs / kSecondUs;
      return seconds == 0 ? fmt::format("{}", us / kMinuteUs)
                          : fmt::format("{}+{}s", us / kMinuteUs, seconds);
    };
    text += minutes(part.from_us) + ".." + minutes(part.to_us);
  }
  if (!plan->exact) text += " inexact";
  return text;
}

TEST(Planner, TakesTheCheapestSourceThatAnswersExactly) {
  const TimeUs odd = kStart + 90 * kSecondUs;
  const TimeUs end = kStart + kHourUs + 15 * kSecondUs;
  const std::vector<std::pair<Case, std::string_view>> cases{
      {{"no dimension"}, "traffic 0..1440"},
      {{"traffic ones", {"clicks"}, {"minute", "campaign_id"}, {"placement_id", "source"}},
       "traffic 0..1440"},
      {{"a breakdown one", {"clicks"}, {"day", "country"}}, "breakdown 0..1440"},
      {{"a breakdown filter", {"clicks"}, {"day"}, {"ad_id"}}, "breakdown 0..1440"},
      {{"minutes of a breakdown one", {"clicks"}, {"minute", "country"}}, "raw 0..1440"},
      {{"a raw one", {"clicks"}, {"browser"}}, "raw 0..1440"},
      {{"a raw filter", {"clicks"}, {}, {"metadata.room"}}, "raw 0..1440"},
      {{"half hours", {"clicks"}, {"day", "country"}, {}, kStart, kStart + kDayUs, "Asia/Kolkata"},
       "raw 0..1440"},
      {{"half hours by minute", {"clicks"}, {"day"}, {}, kStart, kStart + kDayUs, "Asia/Kolkata"},
       "traffic 0..1440"},
      {{"no time in a half-hour zone",
        {"clicks"},
        {"country"},
        {},
        kStart,
        kStart + kDayUs,
        "Asia/Kolkata"},
       "breakdown 0..1440"},
      {{"ragged minutes", {"clicks"}, {}, {}, odd, end},
       "raw 1+30s..2, traffic 2..60, raw 60..60+15s"},
      {{"ragged hours", {"clicks"}, {"country"}, {}, kStart + kMinuteUs, kStart + 150 * kMinuteUs},
       "raw 1..60, breakdown 60..120, raw 120..150"},
      {{"less than a minute", {"clicks"}, {}, {}, odd, odd + 20 * kSecondUs}, "raw 1+30s..1+50s"},
      {{"less than an hour", {"clicks"}, {"country"}, {}, odd, odd + kMinuteUs},
       "raw 1+30s..2+30s"},
      {{"an end nothing has reached", {"clicks"}, {}, {}, kStart, kNow + kDayUs + kSecondUs},
       "traffic 0..30241"},
      {{"without raw, widened", {"clicks"}, {}, {}, odd, end, "UTC", false},
       "traffic 1..61 inexact"},
      {{"without raw, hours", {"clicks"}, {"country"}, {}, odd, end, "UTC", false},
       "range_not_on_hour"},
      {{"without raw", {"clicks"}, {"browser"}, {}, kStart, kStart + kDayUs, "UTC", false},
       "needs_raw_events"},
      {{"long raw", {"clicks"}, {"browser"}, {}, kStart - 500 * kDayUs, kStart}, "range_too_long"},
      {{"long rollup", {"clicks"}, {"country"}, {}, kStart - 500 * kDayUs, kStart},
       "breakdown -720000..0"},
  };
  for (const auto& [c, expected] : cases) EXPECT_EQ(text_of(plan(c)), expected) << c.what;
}

TEST(Planner, SketchesAnswerReachOnlyOverWholeHoursOfTrafficSeries) {
  const std::vector<std::pair<Case, std::string_view>> cases{
      {{"whole", {"reach"}}, "traffic 0..1440 inexact"},
      {{"by campaign and day", {"frequency"}, {"day", "campaign_id"}}, "traffic 0..1440 inexact"},
      {{"by country", {"reach"}, {"country"}}, "raw 0..1440"},
      {{"by minute", {"reach"}, {"minute"}}, "raw 0..1440"},
      {{"half an hour", {"reach"}, {}, {}, kStart, kStart + 30 * kMinuteUs}, "raw 0..30"},
      {{"half-hour zone", {"reach"}, {"day"}, {}, kStart, kStart + kDayUs, "Asia/Kolkata"},
       "raw 0..1440"},
      {{"two times", {"reach"}, {"day", "hour_of_day"}}, "invalid_combination"},
  };
  for (const auto& [c, expected] : cases) EXPECT_EQ(text_of(plan(c)), expected) << c.what;
}

TEST(Planner, SeveralTimeDimensionsAreReadAtAUnitThatContainsThemAll) {
  const auto unit = [](std::vector<std::string_view> dimensions) {
    return plan({"", {"clicks"}, std::move(dimensions)})->unit;
  };
  EXPECT_EQ(unit({}), TimeUnit::none);
  EXPECT_EQ(unit({"weekday"}), TimeUnit::weekday);
  EXPECT_EQ(unit({"weekday", "hour_of_day"}), TimeUnit::hour);
  EXPECT_EQ(unit({"month", "day"}), TimeUnit::hour);
  EXPECT_EQ(unit({"five_minute", "day"}), TimeUnit::five_minute);
  EXPECT_EQ(unit({"five_minute", "minute"}), TimeUnit::minute);
}

TEST(Planner, MoneyIsReadByCurrencyUnlessThatIsADimension) {
  EXPECT_FALSE(plan({"", {"clicks"}})->split_currency);
  EXPECT_TRUE(plan({"", {"clicks", "cpc"}})->split_currency);
  EXPECT_FALSE(plan({"", {"revenue"}, {"currency"}})->split_currency);
}

}  // namespace
}  // namespace adbacus
