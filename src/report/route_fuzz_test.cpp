// Random queries and bodies, close to valid ones and far from them: every one gets a 2xx or a 4xx.
#include <gtest/gtest.h>
#include <random>
#include <simdjson.h>

#include "base/rng.hpp"
#include "report/dimension.hpp"
#include "report/instant.hpp"
#include "report/metric.hpp"
#include "report/testing/route_harness.hpp"

namespace adbacus {
namespace {

struct Source {
  std::mt19937_64 engine;
  std::size_t below(std::size_t n) { return engine() % n; }
  std::string word() {
    static const std::vector<std::string> hostile{
        "",
        "'; DROP TABLE events;--",
        "%00",
        "-1",
        "0",
        "99999999999999999999",
        "1e9",
        "null",
        "true",
        "*",
        "../../etc/passwd",
        "\xff\xfe",
        "{}",
        "[1,2]",
        ",",
        ",,",
        ":",
        "::",
        "metadata.",
        "metadata.a.b",
        "metadata.'",
        "UTC",
        "Europe/Berlin",
        "Asia/Kolkata",
        "EUR",
        "csv",
        "json",
        "2026-11-01",
        "2026-11-03T10:07:30.5Z",
        "1793491200000",
        "2026-11-30",
        "previous_period",
        "previous_year",
        "country:in:DE,AT",
        "source:exists",
        "source:regex:^[a-z",
        "weekday:between:1,5",
        R"({"any":["country:eq:DE",{"not":{"source":1}}]})",
        R"([{"all":[{"field":"city","op":"gt","value":2}]}])",
        R"({"not":[{"not":[{"not":["a:exists"]}]}]})",
        "campaign_id:ne:x",
        "1",
        "10"};
    switch (below(5)) {
      case 0:
        return std::string(1 + below(3), static_cast<char>(below(256)));
      case 1:
        return metric_names()[below(metric_names().size())];
      case 2:
        return dimension_names()[below(dimension_names().size())];
      default:
        return hostile[below(hostile.size())];
    }
  }
  std::string list() {
    std::string text = word();
    for (std::size_t n = below(4); n > 0; --n) text.append(",").append(word());
    return text;
  }
};

const std::vector<std::string>& names() {
  static const std::vector<std::string> all{
      "metrics",  "dimensions", "granularity", "from",     "to",      "start_date",
      "end_date", "timezone",   "filter",      "order",    "limit",   "fill",
      "other",    "compare",    "currency",    "wait_ms",  "format",  "raw",
      "after",    "group_by",   "campaign_id", "interval", "filters", "bogus"};
  return all;
}

std::string random_query(Source& source) {
  std::string query;
  if (source.below(3) > 0) query += "from=2026-11-01&to=2026-11-05T00:30:00Z&";
  if (source.below(3) > 0) query += "metrics=" + metric_names()[source.below(40)] + ",clicks&";
  for (std::size_t n = source.below(6); n > 0; --n) {
    query += names()[source.below(names().size())] + "=" + source.list() + "&";
  }
  return query;
}

std::string random_body(Source& source) {
  std::string body = R"({"from":"2026-11-01","to":"2026-11-05","metrics":["clicks")";
  for (std::size_t n = source.below(3); n > 0; --n) {
    body += ",\"" + metric_names()[source.below(40)] + "\"";
  }
  body += "]";
  for (std::size_t n = source.below(4); n > 0; --n) {
    static const std::vector<std::string> values{
        "1",
        "-5",
        "1.5",
        "true",
        "null",
        "\"country\"",
        "[\"day\",\"country\"]",
        "{}",
        R"([{"field":"country","op":"in","value":["DE",7,null]}])",
        R"({"any":[{"field":"source","op":"between","values":[0,2.5]},"city:regex:^a+"]})",
        R"({"not":{"all":[{"country":["DE","AT"],"source":null},{"any":[{"not":"os:exists"}]}]}})",
        R"({"any":[{},{"all":[]},{"field":{}},{"op":[]},[],1]})",
        "[[]]",
        "\"\\u0000\"",
        "[",
        "1e999"};
    body +=
        ",\"" + names()[source.below(names().size())] + "\":" + values[source.below(values.size())];
  }
  body += "}";
  if (source.below(4) == 0) body[source.below(body.size())] = static_cast<char>(source.below(256));
  return body;
}

TEST(RouteFuzz, EveryRequestGetsAnAnswerOrARefusal) {
  const std::uint64_t seed = secure_random_u64();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Source source{std::mt19937_64(seed)};
  RouteHarness harness(*parse_instant("2026-11-04T12:00:00Z"));
  harness.store.set_visible(10);
  for (int i = 0; i < 20; ++i) {
    harness.store.events.push_back(
        naive_event(*parse_instant("2026-11-02") + i * kHourUs, Counter64::clicks,
                    {{"country", i % 2 == 0 ? "DE" : ""}, {"source", std::to_string(i % 3)}}));
  }
  const std::vector<std::string> paths{"/v1/report", "/v1/report", "/api/report/summary/",
                                       "/api/v1/stats"};
  int answered = 0;
  for (int i = 0; i < 6'000; ++i) {
    const bool post = i % 3 == 0;
    const std::string target =
        post ? "/v1/report" : paths[source.below(paths.size())] + "?" + random_query(source);
    const std::string body = post ? random_body(source) : std::string();
    harness.store.is_quick = source.below(2) == 0;
    const auto response =
        harness.send(post ? http::Method::post : http::Method::get, target, body).get();
    ASSERT_TRUE((response.status >= 200 && response.status < 300) ||
                (response.status >= 400 && response.status < 500))
        << response.status << " " << target << " " << body << " " << response.body;
    if (response.status == 200) ++answered;
    if (response.content_type.find("json") != std::string::npos &&
        response.content_type != "application/x-ndjson") {
      simdjson::dom::parser parser;
      ASSERT_EQ(parser.parse(simdjson::padded_string(response.body)).error(), simdjson::SUCCESS)
          << target << " " << response.body;
    }
  }
  EXPECT_GT(answered, 100);  // the generator also makes valid requests
}

}  // namespace
}  // namespace adbacus
