#include "report/report_routes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "eventlog/entry_keys.hpp"
#include "report/instant.hpp"
#include "report/testing/route_harness.hpp"

namespace adbacus {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view kSummary =
    "/api/report/summary/?tenant_id=1&from=2023-03-01T00:00:00Z&to=2023-04-01T00:00:00Z";
constexpr std::string_view kReport = "/v1/report?metrics=clicks&from=2023-03-01&to=2023-04-01";

TimeUs at(std::string_view text) {
  return *parse_instant(text);
}

class Routes : public ::testing::Test {
 protected:
  Routes() : harness(at("2023-05-01")) {
    harness.store.set_visible(100);
    const std::map<std::string, std::string> fields{
        {"campaign_id", "camp-789"}, {"source", "facebook"}, {"placement_id", "7"}};
    for (int i = 0; i < 1500; ++i) add("2023-03-15T10:00:00Z", Counter64::clicks, fields);
    for (int i = 0; i < 50; ++i) {
      add("2023-03-15T11:00:00Z", Counter64::conversions, fields)
          .counters[Counter64::value_micros] = 19'990'000;
      add_attributed("2023-03-15T11:00:00Z", fields, 19'990'000);
    }
  }
  // A whole conversion that a touch with these dimensions earned.
  void add_attributed(std::string_view time, std::map<std::string, std::string> fields,
                      std::int64_t value_micros) {
    NaiveEvent& row = add(time, Counter64::conversions, std::move(fields));
    row.slice = Slice::attributed;
    row.counters = {};
    row.counters[Counter64::conversions] = kCreditParts;
    row.counters[Counter64::value_micros] = value_micros;
  }
  NaiveEvent& add(std::string_view time, Counter64 counter,
                  std::map<std::string, std::string> fields) {
    harness.store.events.push_back(naive_event(at(time), counter, std::move(fields)));
    return harness.store.events.back();
  }
  std::string with_after(std::string_view target, Seq seq, int wait_ms) {
    return std::string(target) + "&after=" + position_token(harness.log, seq) +
           "&wait_ms=" + std::to_string(wait_ms);
  }
  RouteHarness harness;
};

TEST_F(Routes, StatisticsLookAsTheirClientsExpect) {
  add("2023-03-20T10:00:00Z", Counter64::clicks, {});
  add("2023-03-21T10:00:00Z", Counter64::impressions, {{"campaign_id", "only-impressions"}});
  const std::string row = R"("campaign_id":"camp-789","source":"facebook","clicks":1500,)"
                          R"("conversions":50,"revenue":999.5,"cvr":0.03333333333333333})";
  const std::string query = "?start_date=2023-03-01&end_date=2023-03-31";
  for (const std::string path : {"/api/v1/stats", "/api/v1/stats/", "/stats"}) {
    const auto response = harness.get(path + query);
    ASSERT_EQ(response.status, 200) << response.body;
    EXPECT_THAT(response.body,
                StartsWith(R"({"interval":"daily","data":[{"date":"2023-03-15",)" + row +
                           R"(,{"date":"2023-03-20","campaign_id":null,)"
                           R"("source":null,"clicks":1,"conversions":0,)"
                           R"("revenue":0,"cvr":0}],"freshness":{)"));
  }
  EXPECT_THAT(harness.get("/stats" + query + "&interval=weekly").body,
              HasSubstr(R"({"date":"2023-03-13",)" + row));
  EXPECT_THAT(harness.get("/stats" + query + "&interval=monthly").body,
              HasSubstr(R"({"date":"2023-03-01",)" + row));
  EXPECT_THAT(harness.get("/stats" + query + "&campaign_id=nobody").body,
              StartsWith(R"({"interval":"daily","data":[],)"));
  EXPECT_THAT(harness.get("/stats?start_date=2023-03-15&end_date=2023-03-15").body,
              HasSubstr(row));  // the end date is included
}

TEST_F(Routes, SharesOfConversionsAreDecimals) {
  add("2023-05-01T10:00:00Z", Counter64::clicks, {{"campaign_id", "c"}});
  add_attributed("2023-05-01T11:00:00Z", {{"campaign_id", "c"}}, 1'000'000);
  harness.store.events.back().counters[Counter64::conversions] = 333'334;
  const auto stats = harness.get("/stats?start_date=2023-05-01&end_date=2023-05-01");
  EXPECT_THAT(stats.body, HasSubstr(R"("clicks":1,"conversions":0.333334,"revenue":1,)"
                                    R"("cvr":0.333334})"));
  const auto report = harness.get(
      "/v1/report?metrics=attributed_conversions,attributed_revenue&dimensions=campaign_id"
      "&from=2023-05-01&to=2023-05-02");
  EXPECT_THAT(report.body, HasSubstr(R"({"campaign_id":"c","attributed_conversions":0.333334,)"
                                     R"("attributed_revenue":1})"));
  // Events do not say what they earned.
  const auto raw = harness.get(
      "/v1/report?metrics=attributed_conversions&dimensions=metadata.room&from=2023-05-01"
      "&to=2023-05-02");
  EXPECT_EQ(raw.status, 422);
  EXPECT_THAT(raw.body, HasSubstr(R"("code":"needs_rollups")"));
}

TEST_F(Routes, TheSummaryCarriesSumsRatiosAndNumericIds) {
  for (int i = 0; i < 3000; ++i) {
    add("2023-03-15T10:00:00Z", Counter64::impressions, {{"campaign_id", "10"}});
  }
  const auto all = harness.get(kSummary);
  ASSERT_EQ(all.status, 200) << all.body;
  EXPECT_THAT(all.body,
              StartsWith(R"({"tenant_id":1,"from":"2023-03-01T00:00:00Z",)"
                         R"("to":"2023-04-01T00:00:00Z","currency":"USD","impressions":3000,)"
                         R"("clicks":1500,"conversions":50,"revenue_cents":99950,)"
                         R"("revenue_micros":999500000,"ctr":0.5,)"
                         R"("conversion_rate":0.03333333333333333,"ecpm":333.1666666666667,)"
                         R"("ecpc":0.6663333333333333,"freshness":{)"));
  const auto one = harness.get(std::string(kSummary) + "&campaign_id=10&placement_id=x");
  EXPECT_THAT(one.body, HasSubstr(R"("campaign_id":10,"placement_id":"x",)"));
  EXPECT_THAT(one.body, HasSubstr(R"("impressions":0,"clicks":0,"conversions":0)"));
  EXPECT_THAT(one.body, HasSubstr(R"("ctr":null)"));
  const auto groups = harness.get(std::string(kSummary) + "&group_by=campaign_id");
  EXPECT_THAT(groups.body, HasSubstr(R"("groups":[{"campaign_id":10,"impressions":3000,)"));
  EXPECT_THAT(groups.body, HasSubstr(R"({"campaign_id":"camp-789","impressions":0,)"));
  // Without the slash and with epoch milliseconds, and without tenant_id, all the same.
  const auto epoch = harness.get("/api/report/summary?from=1677628800000&to=1680307200000");
  EXPECT_EQ(epoch.body, all.body);
}

TEST_F(Routes, RefusalsCarryStatusCodeAndPointer) {
  struct Case {
    std::string target;
    int status;
    std::string_view code;
    std::string credential = "1";
  };
  const std::string report(kReport);
  const std::vector<Case> cases{
      {report, 401, "unauthorized", ""},
      {report, 403, "", "sender"},
      {report, 422, "tenant_required", "operator"},
      {report + "&tenant_id=2", 403, "tenant_mismatch"},
      {std::string(kSummary), 403, "tenant_mismatch", "2"},
      {"/stats?start_date=2023-03-01&end_date=2023-03-02&tenant_id=2", 403, "tenant_mismatch"},
      {"/api/report/summary/?tenant_id=1", 422, "missing_parameter"},
      {report + "&metric=x", 422, "unknown_parameter"},
      {report + "&after=00000000-1", 422, "bad_position"},
      {report + "&from=2023-03-02", 422, "repeated_parameter"},
      {"/stats?start_date=2023-03-01", 422, "missing_parameter"},
  };
  for (const Case& c : cases) {
    const auto response = harness.get(c.target, c.credential);
    EXPECT_EQ(response.status, c.status) << c.target << response.body;
    EXPECT_THAT(response.body, HasSubstr(c.code)) << c.target;
    EXPECT_EQ(response.content_type, "application/problem+json");
  }
  EXPECT_THAT(harness.get("/v1/report?metrics=clikcs&from=2023-03-01&to=2023-04-01").body,
              HasSubstr(R"("pointer":"?metrics","code":"unknown_metric")"));
}

TEST_F(Routes, BodiesMeanTheSameAsQueries) {
  const auto get =
      harness.get(std::string(kReport) + "&dimensions=source&filter=source:in:facebook");
  const std::string body =
      R"({"metrics":["clicks"],"from":"2023-03-01","to":"2023-04-01","dimensions":["source"],)"
      R"("filters":[{"field":"source","op":"in","value":["facebook"]}]})";
  const auto post = harness.send(http::Method::post, "/v1/report", body).get();
  ASSERT_EQ(post.status, 200) << post.body;
  EXPECT_EQ(get.body, post.body);
  EXPECT_EQ(harness.send(http::Method::post, "/v1/report", "{").get().status, 400);
  EXPECT_EQ(harness.send(http::Method::post, "/v1/report", std::string(70'000, ' ')).get().status,
            413);
}

TEST_F(Routes, TheFormatFollowsAcceptUnlessNamed) {
  const auto type = [&](std::string target, std::string accept) {
    const auto response = harness.send(http::Method::get, target, {}, "1", accept).get();
    return response.status == 200 ? response.content_type : std::to_string(response.status);
  };
  const std::string report(kReport);
  EXPECT_THAT(type(report, ""), StartsWith("application/json"));
  EXPECT_THAT(type(report, "text/csv"), StartsWith("text/csv"));
  EXPECT_THAT(type(report, "application/x-ndjson"), StartsWith("application/x-ndjson"));
  EXPECT_THAT(type(report + "&format=csv", "application/json"), StartsWith("text/csv"));
  EXPECT_EQ(type(report, "image/png"), "406");
}

TEST_F(Routes, AReaderSeesWhatItsPositionCovers) {
  auto waiting = harness.send(http::Method::get, with_after(kReport, 101, 60'000));
  EXPECT_EQ(waiting.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  harness.store.set_visible(101);
  const auto response = waiting.get();
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr(position_token(harness.log, 101)));
}

TEST_F(Routes, APositionThatDoesNotComeInTimeIsSaidSo) {
  for (const int wait_ms : {0, 20}) {
    const auto response = harness.get(with_after(kSummary, 101, wait_ms));
    EXPECT_EQ(response.status, 503);
    EXPECT_THAT(response.body, HasSubstr("not_yet_visible"));
    const bool has_retry =
        std::any_of(response.headers.begin(), response.headers.end(),
                    [](const auto& header) { return header.first == "Retry-After"; });
    EXPECT_TRUE(has_retry);
  }
}

TEST_F(Routes, AnAnswerOlderThanThePositionIsAskedForAgain) {
  harness.store.set_disk_lag(1);
  std::atomic<int> asked = 0;
  harness.store.before_query = [&] {
    if (++asked == 2) harness.store.set_disk_lag(0);
  };
  EXPECT_EQ(harness.get(with_after(kReport, 100, 60'000)).status, 200);
  EXPECT_EQ(asked, 2);
  harness.store.set_disk_lag(1);
  EXPECT_EQ(harness.get(with_after(kReport, 100, 1)).status, 503);
}

TEST_F(Routes, QuickAnswersComeFromTheCallersThread) {
  harness.store.is_quick = true;
  std::thread::id answered;
  harness.store.before_query = [&] { answered = std::this_thread::get_id(); };
  EXPECT_EQ(harness.get(kSummary).status, 200);
  EXPECT_EQ(answered, std::this_thread::get_id());
  harness.store.is_quick = false;
  EXPECT_EQ(harness.get(kSummary).status, 200);
  EXPECT_NE(answered, std::this_thread::get_id());
}

TEST_F(Routes, AfterStoppingRequestsAreRefusedAndWaitersAnswered) {
  auto waiting = harness.send(http::Method::get, with_after(kReport, 101, 60'000));
  harness.routes().stop();
  EXPECT_EQ(waiting.get().status, 503);
  EXPECT_EQ(harness.get(kReport).status, 503);
}

TEST(RoutesUnderLoad, AFullQueueAnswers503) {
  ReportOptions options;
  options.pool = {1, 1, 1};
  RouteHarness harness(at("2023-05-01"), options);
  std::promise<void> started;
  std::promise<void> release;
  auto released = release.get_future().share();
  std::atomic<bool> first = true;
  harness.store.before_query = [&] {
    if (!first.exchange(false)) return;
    started.set_value();
    released.wait();
  };
  auto running = harness.send(http::Method::get, kReport);
  started.get_future().wait();
  auto queued = harness.send(http::Method::get, kReport);
  EXPECT_EQ(harness.send(http::Method::get, kReport).get().status, 503);
  release.set_value();
  EXPECT_EQ(running.get().status, 200);
  EXPECT_EQ(queued.get().status, 200);
}

TEST_F(Routes, MixedCurrenciesAreRefusedEverywhereUnlessOneIsNamed) {
  auto& euro = add("2023-03-15T11:00:00Z", Counter64::conversions, {{"currency", "EUR"}});
  euro.counters[Counter64::value_micros] = 5'000'000;
  add_attributed("2023-03-15T11:00:00Z", {{"currency", "EUR"}}, 5'000'000);
  const std::string stats = "/stats?start_date=2023-03-01&end_date=2023-03-31";
  for (const std::string& target : {std::string(kSummary), stats}) {
    const auto refused = harness.get(target);
    EXPECT_EQ(refused.status, 422);
    EXPECT_THAT(refused.body, HasSubstr(R"("code":"mixed_currencies")"));
    EXPECT_EQ(harness.get(target + "&currency=EUR").status, 200);
  }
  EXPECT_THAT(harness.get(std::string(kSummary) + "&currency=EUR").body,
              HasSubstr(R"("currency":"EUR")"));
}

TEST_F(Routes, WhoeverOnlyViewsTakesNothingOutInBulk) {
  const std::string report(kReport);
  EXPECT_EQ(harness.get(report, "viewer").status, 200);
  EXPECT_EQ(harness.get(report + "&format=json", "viewer").status, 200);
  for (const char* format : {"csv", "ndjson", "parquet"}) {
    const auto refused = harness.get(report + "&format=" + format, "viewer");
    EXPECT_EQ(refused.status, 403) << format;
    EXPECT_THAT(refused.body, HasSubstr("missing_scope"));
    EXPECT_EQ(harness.get(report + "&format=" + format).status, 200) << format;
  }
  EXPECT_EQ(harness.send(http::Method::get, report, "", "viewer", "text/csv").get().status, 403);
}

}  // namespace
}  // namespace adbacus
