#include "report/render.hpp"

#include <gtest/gtest.h>

#include "report/compatibility_render.hpp"
#include "report/testing/naive_store.hpp"
#include "report/testing/owned_clock.hpp"

namespace adbacus {
namespace {

constexpr TimeUs kStart = 1'793'491'200'000'000;  // 2026-11-01T00:00:00Z
const LogIdentity kLog{"0123456789abcdef0123456789abcdef", 7};

class Render : public ::testing::Test {
 protected:
  Render() : clock(kStart + 10 * kDayUs) {
    store.data_as_of_us = kStart + 9 * kDayUs;
    store.set_visible(17);
    request.tenant = "1";
    request.from_us = kStart;
    request.to_us = kStart + kDayUs;
  }
  void add(Counter64 counter, std::map<std::string, std::string> fields, std::int64_t micros = 0) {
    auto event = naive_event(kStart + kHourUs, counter, std::move(fields));
    event.counters[Counter64::value_micros] = micros;
    store.events.push_back(std::move(event));
  }
  void ask(std::vector<std::string_view> metrics, std::vector<std::string_view> dimensions) {
    for (const auto name : metrics) request.metrics.push_back(*find_metric(name));
    for (const auto name : dimensions) request.dimensions.push_back(*find_dimension(name));
  }
  http::Response answer() {
    ReportEngine engine(store, &store, clock, {});
    const auto prepared = engine.prepare(request);
    EXPECT_TRUE(prepared);
    const auto result = engine.run(*prepared);
    EXPECT_TRUE(result);
    return *render_report(*prepared, *result, kLog);
  }
  std::string csv() {
    request.format = ReportFormat::csv;
    return answer().body;
  }
  static std::string header(const http::Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
      if (key == name) return value;
    }
    return "absent";
  }

  NaiveStore store;
  OwnedClock clock;
  ReportRequest request;
};

TEST_F(Render, JsonCarriesColumnsRowsTotalsAndFreshness) {
  add(Counter64::impressions, {{"campaign_id", "10"}});
  add(Counter64::conversions, {{"campaign_id", "10"}, {"currency", "EUR"}}, 19'990'000);
  add(Counter64::impressions, {});
  ask({"impressions", "revenue", "ctr", "cvr"}, {"day", "campaign_id"});
  EXPECT_EQ(
      answer().body,
      R"({"columns":[{"name":"day","type":"date","unit":null},)"
      R"({"name":"campaign_id","type":"string","unit":null},)"
      R"({"name":"impressions","type":"integer","unit":"count"},)"
      R"({"name":"revenue","type":"decimal","unit":"EUR"},)"
      R"({"name":"ctr","type":"number","unit":"ratio"},)"
      R"({"name":"cvr","type":"number","unit":"ratio"}],)"
      R"("rows":[{"day":"2026-11-01","campaign_id":"10","impressions":1,"revenue":19.99,"ctr":0,)"
      R"("cvr":null},{"day":"2026-11-01","campaign_id":null,"impressions":1,"revenue":0,"ctr":0,)"
      R"("cvr":null}],"totals":{"impressions":2,"revenue":19.99,"ctr":0,"cvr":null},)"
      R"("truncated":false,"warnings":[],)"
      R"("range":{"from":"2026-11-01T00:00:00Z","to":"2026-11-02T00:00:00Z"},)"
      R"("timezone":"UTC","currency":"EUR","freshness":{"data_as_of":"2026-11-10T00:00:00Z",)"
      R"("position":"01234567-17","provisional":false,"exact":true,"source":"index"}})");
}

TEST_F(Render, CsvPutsFreshnessIntoHeadersAndNothingIntoNullCells) {
  add(Counter64::impressions, {{"source", "facebook"}});
  ask({"impressions", "ctr", "cvr", "revenue"}, {"hour", "source"});
  request.format = ReportFormat::csv;
  const http::Response response = answer();
  EXPECT_EQ(response.content_type, "text/csv; charset=utf-8; header=present");
  EXPECT_EQ(response.body,
            "hour,source,impressions,ctr,cvr,revenue\r\n"
            "2026-11-01T01:00:00Z,facebook,1,0,,0\r\n");
  EXPECT_EQ(header(response, "X-Adbacus-Data-As-Of"), "2026-11-10T00:00:00Z");
  EXPECT_EQ(header(response, "X-Adbacus-Position"), "01234567-17");
  EXPECT_EQ(header(response, "X-Adbacus-Exact"), "true");
  EXPECT_EQ(header(response, "X-Adbacus-Provisional"), "false");
  EXPECT_EQ(header(response, "X-Adbacus-Truncated"), "false");
}

TEST_F(Render, SpreadsheetsRunNothingThatAnEventBroughtIn) {
  for (const std::string text : {"=HYPERLINK(\"http://evil\",\"x\")", "+1+cmd|' /C calc'!A0", "-1",
                                 "@SUM(A1)", "\tx", "\rx", "plain", "a,b", "a\"b", "a\nb"}) {
    add(Counter64::clicks, {{"source", text}});
  }
  ask({"clicks"}, {"source"});
  const std::string guarded = csv();
  for (const std::string_view cell :
       {"\"'=HYPERLINK(\"\"http://evil\"\",\"\"x\"\")\",1\r\n", "'+1+cmd|' /C calc'!A0,1\r\n",
        "'-1,1\r\n", "'@SUM(A1),1\r\n", "'\tx,1\r\n", "\"'\rx\",1\r\n", "\nplain,1\r\n",
        "\"a,b\",1\r\n", "\"a\"\"b\",1\r\n", "\"a\nb\",1\r\n"}) {
    EXPECT_NE(guarded.find(cell), std::string::npos) << cell << "\n" << guarded;
  }
  request.raw_cells = true;
  EXPECT_EQ(csv().find('\''), csv().find("' /C calc'"));  // only those that were in the text
}

TEST_F(Render, ColumnNamesAreGuardedToo) {
  add(Counter64::clicks, {{"metadata.x,=1", "v"}});
  ask({"clicks"}, {"metadata.x,=1"});
  EXPECT_TRUE(csv().starts_with("\"metadata.x,=1\",clicks\r\n"));
  std::string cell;
  append_csv_text(cell, "=1", true);
  EXPECT_EQ(cell, "'=1");
}

TEST_F(Render, NegativeNumbersStayNumbers) {
  add(Counter64::clicks, {}, -5'500'000);
  ask({"revenue", "revenue_micros"}, {});
  EXPECT_EQ(csv(), "revenue,revenue_micros\r\n-5.5,-5500000\r\n");
}

TEST_F(Render, NdjsonIsOneObjectALine) {
  add(Counter64::clicks, {{"source", "a\nb"}});
  add(Counter64::clicks, {{"source", "c"}});
  ask({"clicks"}, {"source"});
  request.format = ReportFormat::ndjson;
  const http::Response response = answer();
  EXPECT_EQ(response.content_type, "application/x-ndjson");
  EXPECT_EQ(response.body,
            "{\"source\":\"a\\nb\",\"clicks\":1}\n{\"source\":\"c\",\"clicks\":1}\n");
  EXPECT_EQ(header(response, "X-Adbacus-Source"), "index");
}

TEST_F(Render, TheOtherRowIsMarked) {
  for (const char* source : {"a", "a", "b", "c"}) add(Counter64::clicks, {{"source", source}});
  ask({"clicks"}, {"source"});
  request.order = {{1, true}};
  request.rows_max = 1;
  request.with_other = true;
  EXPECT_NE(answer().body.find(R"("other":{"groups":2,"clicks":2},"truncated":true)"),
            std::string::npos);
  EXPECT_TRUE(csv().ends_with("a,2\r\n(other),2\r\n"));
}

TEST_F(Render, TheRowOverTheBoundIsNoIdThatASenderChose) {
  add(Counter64::clicks, {{"source", kOtherKey}});
  add(Counter64::clicks, {{"source", "(other)"}});
  ask({"clicks"}, {"source"});
  EXPECT_TRUE(csv().ends_with("(other),1\r\n(other),1\r\n"));
  request.format = ReportFormat::ndjson;
  EXPECT_EQ(answer().body,
            "{\"source\":\"(other)\",\"clicks\":1}\n"
            "{\"source\":\"(other)\",\"clicks\":1,\"other\":true}\n");
}

TEST_F(Render, AComparisonAddsThreeColumnsAMetric) {
  add(Counter64::clicks, {});
  add(Counter64::clicks, {});
  store.events.push_back(naive_event(kStart - kHourUs, Counter64::clicks, {}));
  ask({"clicks", "ctr"}, {});
  request.comparison = Comparison::previous_period;
  EXPECT_EQ(csv(),
            "clicks,clicks_previous,clicks_delta,clicks_delta_pct,"
            "ctr,ctr_previous,ctr_delta,ctr_delta_pct\r\n2,1,1,100,,,,\r\n");
}

TEST_F(Render, MoneyOfSeveralCurrenciesHasNoTotal) {
  add(Counter64::conversions, {{"currency", "EUR"}}, 1'000'000);
  add(Counter64::conversions, {{"currency", "USD"}}, 2'000'000);
  ask({"revenue", "conversions"}, {"currency"});
  const std::string body = answer().body;
  EXPECT_NE(body.find(R"("totals":{"revenue":null,"conversions":2})"), std::string::npos) << body;
  EXPECT_NE(body.find(R"({"currency":"USD","revenue":2,"conversions":1})"), std::string::npos);
}

TEST(CompatibilityRender, CanonicalNumbersEndAtTwoToThe53rd) {
  for (const std::string_view id : {"0", "1", "42", "9007199254740992"}) {
    EXPECT_TRUE(is_canonical_number(id)) << id;
  }
  for (const std::string_view id :
       {"", "01", "-1", "1.0", "1e3", "9007199254740993", "10000000000000000", "camp-1", " 1"}) {
    EXPECT_FALSE(is_canonical_number(id)) << id;
  }
}

}  // namespace
}  // namespace adbacus
