#include "report/engine.hpp"

#include <gtest/gtest.h>

#include "report/instant.hpp"
#include "report/request_check.hpp"
#include "report/testing/naive_store.hpp"
#include "report/testing/owned_clock.hpp"

namespace adbacus {
namespace {

using Fields = std::map<std::string, std::string>;

TimeUs at(std::string_view text) {
  return *parse_instant(text);
}

class Engine : public ::testing::Test {
 protected:
  Engine() : clock(at("2026-11-30T12:00:00Z")) {
    store.data_as_of_us = at("2026-11-30T11:59:00Z");
    store.set_visible(100);
  }

  NaiveEvent& add(std::string_view time, Counter64 counter, Fields fields) {
    store.events.push_back(naive_event(at(time), counter, std::move(fields)));
    return store.events.back();
  }
  void add_money(std::string_view time, std::int64_t micros, const std::string& currency,
                 Fields fields = {}) {
    fields["currency"] = currency;
    add(time, Counter64::conversions, std::move(fields)).counters[Counter64::value_micros] = micros;
  }

  ReportRequest request(std::vector<http::QueryParam> params) {
    const auto has = [&](std::string_view name) {
      return std::any_of(params.begin(), params.end(),
                         [&](const auto& p) { return p.name == name; });
    };
    if (!has("from") && !has("start_date")) {
      params.push_back({"from", "2026-11-01"});
      params.push_back({"to", "2026-11-29"});
    }
    Arguments arguments;
    add_query(params, arguments);
    const LogIdentity log{std::string(32, 'a'), 1};
    ReportCaller caller;
    caller.tenant = "1";
    caller.log = &log;
    CheckedReport checked = check_report(arguments, caller);
    EXPECT_TRUE(checked.problems.empty()) << checked.problems[0].detail;
    return checked.request;
  }

  Result<ReportAnswer> run(std::vector<http::QueryParam> params, bool with_raw = true) {
    ReportEngine engine(store, with_raw ? &store : nullptr, clock, options);
    auto prepared = engine.prepare(request(std::move(params)));
    if (!prepared) return prepared.error();
    return engine.run(*prepared);
  }

  static std::string code(const Result<ReportAnswer>& answer) {
    if (answer) return "answered";
    return answer.error().message.substr(0, answer.error().message.find(':'));
  }

  NaiveStore store;
  OwnedClock clock;
  EngineOptions options;
};

TEST_F(Engine, AnswersOneRowWithoutDimensionsEvenWithoutEvents) {
  const auto answer = run({{"metrics", "clicks,ctr"}});
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->groups.size(), 1U);
  EXPECT_EQ(answer->groups[0].sums, (std::vector<std::int64_t>{0, 0}));
  EXPECT_FALSE(answer->truncated);
  EXPECT_TRUE(answer->freshness.exact);
  EXPECT_EQ(answer->freshness.position, 100U);
  EXPECT_EQ(run({{"metrics", "clicks"}, {"dimensions", "day"}})->groups.size(), 0U);
}

TEST_F(Engine, RangesAreHalfOpenToTheMicrosecond) {
  for (const auto time : {"2026-11-10T10:00:00Z", "2026-11-10T10:00:30.000001Z",
                          "2026-11-10T10:30:00Z", "2026-11-10T11:00:15Z"}) {
    add(time, Counter64::clicks, {{"country", "DE"}});
  }
  const auto clicks = [&](const char* from, const char* to, const char* dimension) {
    const auto answer =
        run({{"metrics", "clicks"}, {"from", from}, {"to", to}, {"dimensions", dimension}});
    EXPECT_TRUE(answer) << answer.error().message;
    return answer->totals.sums[0];
  };
  for (const char* dimension : {"day", "country"}) {  // traffic and breakdown
    EXPECT_EQ(clicks("2026-11-10T10:00:00Z", "2026-11-10T11:00:15Z", dimension), 3);
    EXPECT_EQ(clicks("2026-11-10T10:00:00.000001Z", "2026-11-10T11:00:15.000001Z", dimension), 3);
    EXPECT_EQ(clicks("2026-11-10T10:00:30.000001Z", "2026-11-10T10:30:00Z", dimension), 1);
    EXPECT_EQ(clicks("2026-11-10T10:00:30.000002Z", "2026-11-10T10:30:00Z", dimension), 0);
  }
}

TEST_F(Engine, SaysWhereTheAnswerCameFrom) {
  EXPECT_EQ(run({{"metrics", "clicks"}})->freshness.source, "index");
  EXPECT_EQ(run({{"metrics", "clicks"}, {"dimensions", "browser"}})->freshness.source, "raw");
  const auto mixed = run(
      {{"metrics", "clicks"}, {"from", "2026-11-10T10:00:30Z"}, {"to", "2026-11-10T11:00:00Z"}});
  EXPECT_EQ(mixed->freshness.source, "raw+index");
  const auto widened =
      run({{"metrics", "clicks"}, {"from", "2026-11-10T10:00:30Z"}, {"to", "2026-11-10T11:00:00Z"}},
          false);
  EXPECT_FALSE(widened->freshness.exact);
  EXPECT_EQ(widened->from_us, at("2026-11-10T10:00:00Z"));
}

TEST_F(Engine, IsProvisionalWhileEventsOfTheRangeMayStillCome) {
  EXPECT_TRUE(run({{"metrics", "clicks"}})->freshness.provisional);
  EXPECT_FALSE(run({{"metrics", "clicks"}, {"from", "2026-11-01"}, {"to", "2026-11-27"}})
                   ->freshness.provisional);
}

TEST_F(Engine, MoneyOfSeveralCurrenciesIsNeverSummed) {
  add_money("2026-11-10T10:00:00Z", 5'000'000, "EUR", {{"campaign_id", "a"}});
  add_money("2026-11-10T10:00:00Z", 7'000'000, "USD", {{"campaign_id", "b"}});
  add("2026-11-10T10:00:00Z", Counter64::impressions, {{"campaign_id", "a"}});
  EXPECT_EQ(code(run({{"metrics", "revenue"}})), "mixed_currencies");
  EXPECT_EQ(code(run({{"metrics", "roas"}})), "mixed_currencies");
  EXPECT_EQ(code(run({{"metrics", "conversions"}})), "answered");
  EXPECT_EQ(code(run({{"metrics", "revenue"}, {"dimensions", "campaign_id"}})), "mixed_currencies");

  const auto euro = run({{"metrics", "revenue,conversions,impressions"}, {"currency", "EUR"}});
  ASSERT_TRUE(euro);
  EXPECT_EQ(euro->currency, "EUR");
  EXPECT_EQ(euro->totals.sums, (std::vector<std::int64_t>{5'000'000, 1, 1}));

  const auto filtered = run({{"metrics", "revenue"}, {"filter", "currency:eq:USD"}});
  ASSERT_TRUE(filtered);
  EXPECT_EQ(filtered->totals.sums[0], 7'000'000);

  const auto by_currency = run({{"metrics", "revenue,impressions"}, {"dimensions", "currency"}});
  ASSERT_TRUE(by_currency);
  EXPECT_EQ(by_currency->currency, "");
  ASSERT_EQ(by_currency->groups.size(), 3U);
  EXPECT_EQ(by_currency->groups[0].texts[0], "EUR");
  EXPECT_EQ(by_currency->groups[2].texts[0], "");  // absent sorts last
}

TEST_F(Engine, LeavesOutGroupsInWhichNothingWasCounted) {
  add("2026-11-10T10:00:00Z", Counter64::impressions, {{"source", "a"}});
  add("2026-11-10T10:00:00Z", Counter64::clicks, {{"source", "b"}}).user = "u1";
  const auto clicks = run({{"metrics", "clicks"}, {"dimensions", "source"}});
  ASSERT_EQ(clicks->groups.size(), 1U);
  EXPECT_EQ(clicks->groups[0].texts[0], "b");
  const auto users = run({{"metrics", "reach"}, {"dimensions", "source"}});
  ASSERT_EQ(users->groups.size(), 2U);  // the user of b is counted though no impression is
  EXPECT_EQ(users->groups[1].reach, 1);
}

TEST_F(Engine, OneCurrencyIsNamedAndTheTenantsStandsInForNone) {
  EXPECT_EQ(run({{"metrics", "revenue"}})->currency, "USD");
  add_money("2026-11-10T10:00:00Z", 5'000'000, "EUR");
  EXPECT_EQ(run({{"metrics", "revenue"}})->currency, "EUR");
  add_money("2026-11-10T10:00:00Z", 0, "GBP");  // no money in it
  EXPECT_EQ(run({{"metrics", "revenue"}})->currency, "EUR");
  add_money("2026-11-10T10:00:00Z", 1, "");  // the tenant's default, USD
  EXPECT_EQ(code(run({{"metrics", "revenue"}})), "mixed_currencies");
}

TEST_F(Engine, OrdersByMetricsAndDimensionsWithNullsLast) {
  for (int i = 0; i < 3; ++i) add("2026-11-10T10:00:00Z", Counter64::clicks, {{"source", "b"}});
  add("2026-11-10T10:00:00Z", Counter64::impressions, {{"source", "b"}});
  add("2026-11-10T10:00:00Z", Counter64::impressions, {{"source", "a"}});
  add("2026-11-10T10:00:00Z", Counter64::clicks, {});
  const auto order = [&](const char* keys) {
    const auto answer = run({{"metrics", "clicks,ctr"}, {"dimensions", "source"}, {"order", keys}});
    std::string text;
    for (const ReportGroup& group : answer->groups) {
      text += group.texts[0].empty() ? "-" : group.texts[0];
    }
    return text;
  };
  EXPECT_EQ(order("clicks"), "a-b");
  EXPECT_EQ(order("-clicks"), "b-a");
  EXPECT_EQ(order("ctr"), "ab-");  // no impressions: null, last
  EXPECT_EQ(order("-ctr"), "ba-");
  EXPECT_EQ(order("source"), "ab-");
  EXPECT_EQ(order("-source"), "ba-");
}

TEST_F(Engine, CutsToTheLimitAndSumsTheRestOnRequest) {
  for (int i = 0; i < 10; ++i) {
    for (int n = 0; n <= i; ++n) {
      add("2026-11-10T10:00:00Z", Counter64::clicks, {{"source", std::string(1, char('a' + i))}});
    }
  }
  const auto top = run({{"metrics", "clicks"},
                        {"dimensions", "source"},
                        {"order", "-clicks"},
                        {"limit", "3"},
                        {"other", "1"}});
  ASSERT_TRUE(top);
  EXPECT_TRUE(top->truncated);
  ASSERT_EQ(top->groups.size(), 3U);
  EXPECT_EQ(top->groups[0].sums[0], 10);
  EXPECT_EQ(top->totals.sums[0], 55);
  ASSERT_TRUE(top->other);
  EXPECT_EQ(top->other_groups, 7U);
  EXPECT_EQ(top->other->sums[0], 28);
  const auto all = run({{"metrics", "clicks"}, {"dimensions", "source"}, {"limit", "10"}});
  EXPECT_FALSE(all->truncated);
}

TEST_F(Engine, FillsEmptyBucketsForEveryCombination) {
  add("2026-11-02T10:00:00Z", Counter64::clicks, {{"source", "a"}});
  add("2026-11-04T10:00:00Z", Counter64::clicks, {{"source", "b"}});
  const auto filled = run({{"metrics", "clicks"},
                           {"dimensions", "day,source"},
                           {"fill", "1"},
                           {"start_date", "2026-11-02"},
                           {"end_date", "2026-11-05"}});
  ASSERT_TRUE(filled);
  ASSERT_EQ(filled->groups.size(), 8U);
  EXPECT_EQ(filled->groups[0].texts[0], "a");
  EXPECT_EQ(filled->groups[0].sums[0], 1);
  EXPECT_EQ(filled->groups[1].sums[0], 0);
  EXPECT_EQ(
      run({{"metrics", "clicks"}, {"dimensions", "hour_of_day"}, {"fill", "1"}})->groups.size(),
      24U);
  EXPECT_EQ(run({{"metrics", "clicks"},
                 {"dimensions", "hour"},
                 {"fill", "1"},
                 {"timezone", "Europe/Berlin"},
                 {"start_date", "2026-10-25"},
                 {"end_date", "2026-10-25"}})
                ->groups.size(),
            25U);
  options.groups_max = 100;
  EXPECT_EQ(code(run({{"metrics", "clicks"}, {"dimensions", "minute"}, {"fill", "1"}})),
            "too_many_rows");
}

TEST_F(Engine, RefusesMoreGroupsThanItMayHold) {
  for (int i = 0; i < 30; ++i) {
    add("2026-11-10T10:00:00Z", Counter64::clicks, {{"source", std::to_string(i)}});
  }
  options.groups_max = 29;
  EXPECT_EQ(code(run({{"metrics", "clicks"}, {"dimensions", "source"}})), "too_many_rows");
  options.groups_max = 30;
  EXPECT_EQ(code(run({{"metrics", "clicks"}, {"dimensions", "source"}})), "answered");
}

TEST_F(Engine, CountsUsersOnceAcrossGroups) {
  for (const char* user : {"u1", "u2", "u1"}) {
    for (const char* source : {"a", "b"}) {
      auto& event = add("2026-11-10T10:00:00Z", Counter64::impressions,
                        {{"source", source}, {"browser", "Chrome"}});
      event.user = user;
    }
  }
  for (const bool with_money : {false, true}) {
    const auto answer =
        run({{"metrics", with_money ? "reach,frequency,revenue" : "reach,frequency"},
             {"dimensions", "source"}});
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_FALSE(answer->freshness.exact);
    ASSERT_EQ(answer->groups.size(), 2U);
    EXPECT_EQ(answer->groups[0].reach, 2);
    EXPECT_EQ(answer->totals.reach, 2);  // not 4
  }
  const auto raw = run({{"metrics", "reach"}, {"dimensions", "browser"}});
  EXPECT_TRUE(raw->freshness.exact);
  EXPECT_EQ(raw->groups[0].reach, 2);
}

TEST_F(Engine, ComparesBucketsByTheirPlace) {
  for (int i = 0; i < 3; ++i) add("2026-11-09T10:00:00Z", Counter64::clicks, {{"source", "a"}});
  add("2026-11-02T10:00:00Z", Counter64::clicks, {{"source", "a"}});
  add("2026-11-03T10:00:00Z", Counter64::clicks, {{"source", "gone"}});
  const auto answer = run({{"metrics", "clicks"},
                           {"dimensions", "day,source"},
                           {"compare", "previous_period"},
                           {"start_date", "2026-11-09"},
                           {"end_date", "2026-11-15"}});
  ASSERT_TRUE(answer) << answer.error().message;
  ASSERT_EQ(answer->groups.size(), 2U);
  EXPECT_EQ(answer->groups[0].times[0], at("2026-11-09"));
  EXPECT_EQ(answer->groups[0].sums[0], 3);
  EXPECT_EQ(answer->groups[0].previous_sums[0], 1);
  EXPECT_EQ(answer->groups[1].times[0], at("2026-11-10"));
  EXPECT_EQ(answer->groups[1].texts[0], "gone");
  EXPECT_EQ(answer->groups[1].sums[0], 0);
  EXPECT_EQ(answer->groups[1].previous_sums[0], 1);
  EXPECT_EQ(answer->totals.previous_sums[0], 2);
}

TEST_F(Engine, ThePreviousYearKeepsTheWeekday) {
  add("2025-11-10T10:00:00Z", Counter64::clicks, {});  // a Monday, as 2026-11-09
  const auto answer = run({{"metrics", "clicks"},
                           {"dimensions", "day"},
                           {"compare", "previous_year"},
                           {"start_date", "2026-11-09"},
                           {"end_date", "2026-11-15"},
                           {"timezone", "Europe/Berlin"}});
  ASSERT_TRUE(answer) << answer.error().message;
  ASSERT_EQ(answer->groups.size(), 1U);
  EXPECT_EQ(answer->groups[0].times[0], at("2026-11-08T23:00:00Z"));
  EXPECT_EQ(answer->groups[0].previous_sums[0], 1);
}

TEST_F(Engine, SaysWhatItCannotAnswerHere) {
  EXPECT_EQ(code(run({{"metrics", "clicks"}, {"dimensions", "browser"}}, false)),
            "needs_raw_events");
}

}  // namespace
}  // namespace adbacus
