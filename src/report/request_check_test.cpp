#include "report/request_check.hpp"

#include <algorithm>
#include <gtest/gtest.h>

#include "eventlog/entry_keys.hpp"

namespace adbacus {
namespace {

const LogIdentity kLog{"0123456789abcdef0123456789abcdef", 7};
const LogIdentity kOtherLog{"fedcba9876543210fedcba9876543210", 7};
constexpr std::string_view kRange = "from=2026-11-01T00:00:00Z&to=2026-11-02T00:00:00Z";

ReportCaller caller() {
  ReportCaller out;
  out.tenant = "1";
  out.log = &kLog;
  return out;
}

Arguments from_query(std::string_view query) {
  Arguments out;
  std::vector<http::QueryParam> params;
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    const std::size_t equals = pair.find('=');
    params.push_back(
        {std::string(pair.substr(0, equals)),
         equals == std::string_view::npos ? "" : std::string(pair.substr(equals + 1))});
  }
  add_query(params, out);
  return out;
}

CheckedReport check(std::string query) {
  return check_report(from_query(std::string(kRange) + (query.empty() ? "" : "&" + query)),
                      caller());
}

struct Refusal {
  std::string query;
  std::string_view pointer;
  std::string_view code;
};

TEST(RequestCheck, EveryRefusalNamesItsParameterAndCode) {
  std::string dimensions = "metrics=clicks&dimensions=metadata.a";
  for (int i = 0; i < 8; ++i) dimensions += ",metadata.k" + std::to_string(i);
  std::string metrics = "metrics=clicks";
  for (int i = 0; i < 40; ++i) metrics += ",x";
  std::string values = "metrics=clicks&filter=country:in:DE";
  for (int i = 0; i < 1000; ++i) values += ",DE";
  std::string filters = "metrics=clicks";
  for (int i = 0; i < 33; ++i) filters += "&filter=country:eq:DE";
  const std::string foreign = position_token(kOtherLog, 5);
  const std::vector<Refusal> cases{
      {"", "?metrics", "missing_parameter"},
      {"metrics=", "?metrics", "missing_parameter"},
      {"metrics=clicks,clicks", "?metrics", "repeated_metric"},
      {"metrics=clikcs", "?metrics", "unknown_metric"},
      {metrics, "?metrics", "too_many_metrics"},
      {"metrics=clicks&metrics=clicks", "?metrics", "repeated_parameter"},
      {"metrics=clicks&dimensions=colour", "?dimensions", "unknown_dimension"},
      {"metrics=clicks&dimensions=metadata.", "?dimensions", "unknown_dimension"},
      {"metrics=clicks&dimensions=day,day", "?dimensions", "repeated_dimension"},
      {dimensions, "?dimensions", "too_many_dimensions"},
      {"metrics=clicks&granularity=year", "?granularity", "unknown_granularity"},
      {"metrics=clicks&granularity=country", "?granularity", "unknown_granularity"},
      {"metrics=clicks&timezone=Mars/Olympus", "?timezone", "invalid_timezone"},
      {"metrics=clicks&filter=country", "?filter", "invalid_filter"},
      {"metrics=clicks&filter=country:eq", "?filter", "invalid_filter"},
      {"metrics=clicks&filter=colour:eq:red", "?filter", "unknown_field"},
      {"metrics=clicks&filter=country:like:D%", "?filter", "unknown_operator"},
      {"metrics=clicks&filter=day:eq:2026-11-01", "?filter", "invalid_filter"},
      {"metrics=clicks&filter=country:in:DE,", "?filter", "invalid_filter"},
      {"metrics=clicks&filter=country:not_in:,DE", "?filter", "invalid_filter"},
      {"metrics=clicks&order=-clicks_delta", "?order", "unknown_column"},
      {"metrics=clicks&filter=country:exists:maybe", "?filter", "invalid_filter"},
      {"metrics=clicks&filter=source:contains:" + std::string(513, 'x'), "?filter",
       "value_too_long"},
      {values, "?filter", "too_many_values"},
      {filters, "?filter", "too_many_filters"},
      {"metrics=clicks&order=-impressions", "?order", "unknown_column"},
      {"metrics=clicks&limit=0", "?limit", "invalid_number"},
      {"metrics=clicks&limit=100001", "?limit", "invalid_number"},
      {"metrics=clicks&limit=ten", "?limit", "invalid_number"},
      {"metrics=clicks&fill=maybe", "?fill", "invalid_flag"},
      {"metrics=clicks&fill=true", "?fill", "invalid_combination"},
      {"metrics=clicks&compare=yesterday", "?compare", "unknown_comparison"},
      {"metrics=clicks&compare=previous_year&other=1", "?other", "invalid_combination"},
      {"metrics=clicks&currency=euro", "?currency", "invalid_currency"},
      {"metrics=clicks&after=nonsense", "?after", "bad_position"},
      {"metrics=clicks&after=" + foreign, "?after", "bad_position"},
      {"metrics=clicks&wait_ms=60001", "?wait_ms", "invalid_number"},
      {"metrics=clicks&wait_ms=-1", "?wait_ms", "invalid_number"},
      {"metrics=clicks&format=xml", "?format", "unknown_format"},
      {"metrics=clicks&metric=clicks", "?metric", "unknown_parameter"},
      {"metrics=clicks&start_date=2026-11-01", "?start_date", "conflicting_parameters"},
  };
  for (const Refusal& refusal : cases) {
    const CheckedReport checked = check(refusal.query);
    ASSERT_FALSE(checked.problems.empty()) << refusal.query.substr(0, 80);
    EXPECT_EQ(checked.problems[0].pointer, refusal.pointer) << refusal.query.substr(0, 80);
    EXPECT_EQ(checked.problems[0].code, refusal.code) << refusal.query.substr(0, 80);
  }
}

TEST(RequestCheck, RangesAreRequiredOrderedAndBounded) {
  const std::vector<Refusal> cases{
      {"", "?from", "missing_parameter"},
      {"from=2026-11-01", "?to", "missing_parameter"},
      {"from=yesterday&to=2026-11-01", "?from", "invalid_time"},
      {"from=2026-11-02&to=2026-11-01", "?to", "invalid_range"},
      {"from=2026-11-02&to=2026-11-02", "?to", "invalid_range"},
      {"from=2010-11-01&to=2026-11-01", "?to", "range_too_long"},
      {"start_date=2026-11-01", "?end_date", "missing_parameter"},
      {"start_date=2026-11-01&end_date=2026-10-31", "?end_date", "invalid_range"},
      {"start_date=2026-11-31&end_date=2026-12-31", "?start_date", "invalid_date"},
  };
  for (const Refusal& refusal : cases) {
    const auto checked = check_report(from_query("metrics=clicks&" + refusal.query), caller());
    ASSERT_FALSE(checked.problems.empty()) << refusal.query;
    EXPECT_EQ(checked.problems[0].pointer, refusal.pointer) << refusal.query;
    EXPECT_EQ(checked.problems[0].code, refusal.code) << refusal.query;
  }
}

TEST(RequestCheck, ShortJsonFiltersAreRead) {
  for (const char* text :
       {R"({"country":"DE"})", R"(["country:eq:DE"])", R"({"country":["DE"]})"}) {
    const auto checked = check("metrics=clicks&filter=" + std::string(text));
    ASSERT_TRUE(checked.problems.empty()) << text << ": " << checked.problems[0].detail;
    EXPECT_EQ(checked.request.filters.size(), 1U) << text;
  }
  EXPECT_EQ(check("metrics=clicks&filter={}x").problems.size(), 1U);
}

TEST(RequestCheck, TakesCurrenciesInAnyCaseAsEventsDo) {
  EXPECT_EQ(check("metrics=clicks&currency=usd").request.currency, "USD");
}

TEST(RequestCheck, OrdersByTheColumnsOfAComparison) {
  const auto checked = check(
      "metrics=clicks,ctr&dimensions=day&compare=previous_year&order=-ctr_delta_pct,"
      "clicks_previous,-clicks,day");
  ASSERT_TRUE(checked.problems.empty()) << checked.problems[0].detail;
  const std::vector<OrderKey>& order = checked.request.order;
  ASSERT_EQ(order.size(), 4U);
  EXPECT_EQ(order[0].column, 2U);
  EXPECT_EQ(order[0].part, MetricPart::delta_pct);
  EXPECT_TRUE(order[0].descending);
  EXPECT_EQ(order[1].column, 1U);
  EXPECT_EQ(order[1].part, MetricPart::previous);
  EXPECT_EQ(order[2].part, MetricPart::value);
  EXPECT_EQ(order[3].column, 0U);
}

TEST(RequestCheck, ADayThatAZoneSkippedIsNamedAsSuch) {
  const auto checked = check_report(
      from_query("metrics=clicks&timezone=Pacific/Apia&start_date=2011-12-30&end_date=2011-12-30"),
      caller());
  ASSERT_EQ(checked.problems.size(), 1U);
  EXPECT_EQ(checked.problems[0].code, "invalid_range");
  EXPECT_EQ(checked.problems[0].detail, "no such day in Pacific/Apia: its clocks went past it");
}

TEST(RequestCheck, TextThatIsNotUtf8IsRefusedWhereverItStands) {
  for (const char* query :
       {"metrics=clicks&dimensions=metadata.\xff", "metrics=clicks&filter=metadata.\xff:eq:a",
        "metrics=clicks&filter=campaign_id:eq:\xc3", "metrics=clicks&timezone=\xed\xa0\x80",
        "metrics=clicks&\xff=1"}) {
    const CheckedReport checked = check(query);
    ASSERT_EQ(checked.problems.size(), 1u) << query;
    EXPECT_EQ(checked.problems[0].code, "invalid_utf8") << query;
  }
  EXPECT_TRUE(check("metrics=clicks&dimensions=metadata.\xc3\xa9").problems.empty());
}

TEST(RequestCheck, AllProblemsAreReportedTogether) {
  const auto checked = check("metrics=clikcs&dimensions=contry&limit=0&wait=1");
  EXPECT_EQ(checked.problems.size(), 4U);
}

TEST(RequestCheck, AMisspeltNameIsToldTheNearestKnownOne) {
  const auto checked = check("metrics=imperssions");
  ASSERT_EQ(checked.problems.size(), 1U);
  EXPECT_NE(checked.problems[0].detail.find("did you mean 'impressions'?"), std::string::npos);
  EXPECT_NE(checked.problems[0].detail.find("viewable_rate"), std::string::npos);
}

TEST(RequestCheck, AnotherTenantIsNoParameterProblemButForbidden) {
  EXPECT_TRUE(check("metrics=clicks&tenant_id=2").foreign_tenant);
  EXPECT_FALSE(check("metrics=clicks&tenant_id=1").foreign_tenant);
}

TEST(RequestCheck, JsonMeansTheSameAsTheQuery) {
  const auto query = check(
      "metrics=clicks,ctr&dimensions=day,country&filter=country:in:DE,AT&filter=source:ne:x"
      "&order=-clicks,day&limit=5&fill=1&timezone=Europe/Berlin&currency=EUR&wait_ms=10");
  const auto json = check_report(
      arguments_of_json(
          R"({"metrics":["clicks","ctr"],"dimensions":["day","country"],)"
          R"("filters":[{"field":"country","op":"in","value":["DE","AT"]},)"
          R"({"field":"source","op":"ne","value":"x"}],"order":["-clicks","day"],"limit":5,)"
          R"("fill":true,"timezone":"Europe/Berlin","currency":"EUR","wait_ms":10,"compare":null,)"
          R"("from":1793491200000,"to":"2026-11-02T00:00:00Z"})"),
      caller());
  ASSERT_TRUE(query.problems.empty()) << query.problems[0].detail;
  ASSERT_TRUE(json.problems.empty()) << json.problems[0].detail;
  for (const ReportRequest* request : {&query.request, &json.request}) {
    ASSERT_EQ(request->metrics.size(), 2U);
    EXPECT_EQ(request->metrics[1].name, "ctr");
    ASSERT_EQ(request->dimensions.size(), 2U);
    ASSERT_EQ(request->filters.size(), 2U);
    EXPECT_EQ(request->filters[0].values, (std::vector<std::string>{"DE", "AT"}));
    EXPECT_EQ(request->filters[1].op, FilterOp::ne);
    ASSERT_EQ(request->order.size(), 2U);
    EXPECT_EQ(request->order[0].column, 2U);
    EXPECT_TRUE(request->order[0].descending);
    EXPECT_EQ(request->rows_max, 5U);
    EXPECT_TRUE(request->fill);
    EXPECT_EQ(request->timezone, "Europe/Berlin");
    EXPECT_EQ(request->currency, "EUR");
    EXPECT_EQ(request->wait_ms, 10);
    EXPECT_EQ(request->from_us, 1'793'491'200'000'000);
    EXPECT_EQ(request->to_us - request->from_us, kDayUs);
  }
}

TEST(RequestCheck, JsonProblemsPointIntoTheBody) {
  const std::vector<Refusal> cases{
      {"", "", "invalid_json"},
      {"[]", "", "invalid_json"},
      {R"({"metrics":["clicks","clikcs"]})", "/metrics/1", "unknown_metric"},
      {R"({"metrics":[1.5]})", "/metrics/0", "unknown_metric"},
      {R"({"metrics":{"a":1}})", "/metrics", "invalid_type"},
      {R"({"metrics":["clicks"],"metrics":["clicks"]})", "/metrics", "repeated_parameter"},
      {R"({"metrics":["clicks"],"filters":7})", "/filters", "invalid_filter"},
      {R"({"metrics":["clicks"],"filters":[7]})", "/filters/0", "invalid_filter"},
      {R"({"metrics":["clicks"],"filters":[{"field":"country","op":"in","value":[{}]}]})",
       "/filters/0/value/0", "invalid_type"},
      {R"({"metrics":["clicks"],"filters":[{"field":"country","oops":"in"}]})", "/filters/0/oops",
       "invalid_filter"},
      {R"({"metrics":["clicks"],"limit":[5]})", "/limit", "invalid_type"},
      {R"({"metrics":["clicks"],"a/b~c":1})", "/a~1b~0c", "unknown_parameter"},
      {std::string(70'000, ' ') + "{}", "", "invalid_json"},
  };
  for (const Refusal& refusal : cases) {
    const auto checked = check_report(arguments_of_json(refusal.query), caller());
    const bool named = std::any_of(
        checked.problems.begin(), checked.problems.end(), [&](const http::ProblemItem& item) {
          return item.pointer == refusal.pointer && item.code == refusal.code;
        });
    EXPECT_TRUE(named) << refusal.query.substr(0, 100);
  }
}

TEST(RequestCheck, PositionsAndInclusiveDatesAreUnderstood) {
  ReportCaller berlin = caller();
  berlin.timezone = "Europe/Berlin";
  const auto checked = check_report(
      from_query(
          "metrics=clicks&granularity=hour&start_date=2026-10-25&end_date=2026-10-25&after=" +
          position_token(kLog, 42)),
      berlin);
  ASSERT_TRUE(checked.problems.empty()) << checked.problems[0].detail;
  EXPECT_EQ(checked.request.after, Seq{42});
  EXPECT_EQ(checked.request.to_us - checked.request.from_us, 25 * kHourUs);
  EXPECT_EQ(checked.request.dimensions[0].unit, TimeUnit::hour);
}

TEST(RequestCheck, FilterValuesKeepColonsAndCommasWhereOneIsMeant) {
  const auto checked = check("metrics=clicks&filter=source:eq:a:b,c&filter=country:exists:false");
  ASSERT_TRUE(checked.problems.empty());
  EXPECT_EQ(checked.request.filters[0].values, std::vector<std::string>{"a:b,c"});
  EXPECT_EQ(checked.request.filters[1].op, FilterOp::eq);
  EXPECT_EQ(checked.request.filters[1].values, std::vector<std::string>{""});
}

TEST(RequestCheck, SummaryAndStatisticsTakeTheirOwnParameters) {
  const auto summary = check_summary(
      from_query(std::string(kRange) + "&tenant_id=1&campaign_id=10&placement_id=7&group_by=day"),
      caller());
  ASSERT_TRUE(summary.problems.empty());
  EXPECT_EQ(summary.campaign_id, "10");
  EXPECT_EQ(summary.request.filters.size(), 2U);
  EXPECT_TRUE(summary.grouped);
  EXPECT_EQ(check_summary(from_query("tenant_id=1&to=2026-11-01"), caller()).problems[0].pointer,
            "?from");
  EXPECT_EQ(
      check_summary(from_query(std::string(kRange) + "&campaign_id="), caller()).problems[0].code,
      "invalid_id");

  const auto stats = check_stats(
      from_query("start_date=2026-11-01&end_date=2026-11-30&interval=weekly"), caller());
  ASSERT_TRUE(stats.problems.empty());
  EXPECT_EQ(stats.request.dimensions[0].unit, TimeUnit::week);
  EXPECT_EQ(stats.request.to_us - stats.request.from_us, 30 * kDayUs);
  EXPECT_EQ(
      check_stats(from_query("start_date=2026-11-01&end_date=2026-11-30&interval=hourly"), caller())
          .problems[0]
          .code,
      "unknown_interval");
  EXPECT_EQ(check_stats(from_query("end_date=2026-11-30"), caller()).problems[0].pointer,
            "?start_date");
}

}  // namespace
}  // namespace adbacus
