// From filter= and "filters" to the tree that the engine runs, and what is refused on the way.
#include "report/filter_check.hpp"

#include <algorithm>
#include <gtest/gtest.h>

#include "report/arguments.hpp"
#include "store/testing/naive_filter.hpp"

namespace adbacus {
namespace {

struct Checked {
  std::vector<ReportFilter> filters;
  std::vector<http::ProblemItem> problems;

  std::string text() const {
    std::string all;
    for (const ReportFilter& filter : filters) {
      all += filter_text(filter, [](const Dimension& field) { return field.name; }) + "; ";
    }
    return all;
  }
};

Checked check(const Arguments& arguments) {
  Checked out;
  out.problems = arguments.problems;
  const FilterLimits limits;
  FilterCheck reader(limits, out.problems);
  out.filters = reader.check(arguments.filters);
  return out;
}

Checked from_query(const std::vector<std::string>& values) {
  std::vector<http::QueryParam> params;
  for (const std::string& value : values) params.push_back({"filter", value});
  Arguments arguments;
  add_query(params, arguments);
  return check(arguments);
}

Checked from_body(const std::string& filters) {
  return check(arguments_of_json("{\"filters\":" + filters + "}"));
}

TEST(FilterCheck, OneTreeHasManySpellings) {
  const std::string leaf = R"({"field":"country","op":"in","value":["DE","AT"]})";
  const std::string wanted = "country op2 'DE' 'AT'; ";
  EXPECT_EQ(from_query({"country:in:DE,AT"}).text(), wanted);
  EXPECT_EQ(from_query({leaf}).text(), wanted);
  EXPECT_EQ(from_query({"[" + leaf + "]"}).text(), wanted);
  EXPECT_EQ(from_body(leaf).text(), wanted);
  EXPECT_EQ(from_body("[" + leaf + "]").text(), wanted);
  EXPECT_EQ(from_body(R"(["country:in:DE,AT"])").text(), wanted);
  EXPECT_EQ(from_body(R"({"field":"country","op":"in","values":["de","at"]})").text(), wanted);
  EXPECT_EQ(from_body(R"({"country":["DE","AT"]})").text(), "all(" + wanted + "); ");

  const std::string tree = R"({"any":["source:eq:x",{"not":{"all":[)" + leaf +
                           R"(,"campaign_id:gt:9"]}},{"device":"mobile"}]})";
  const std::string wanted_tree = "any(source op0 'x'; not(all(" + wanted +
                                  "campaign_id op6 '9'; ); ); " + "all(device op0 'mobile'; ); ); ";
  EXPECT_EQ(from_query({tree}).text(), wanted_tree);
  EXPECT_EQ(from_body(tree).text(), wanted_tree);
}

TEST(FilterCheck, ValuesAreBroughtIntoTheFormEventsCarry) {
  EXPECT_EQ(from_query({"country:eq:de"}).filters.at(0).values[0], "DE");
  EXPECT_EQ(from_query({"currency:eq:eur"}).filters.at(0).values[0], "EUR");
  EXPECT_EQ(from_query({"event_type:eq:CLICK"}).filters.at(0).values[0], "click");
  EXPECT_EQ(from_query({"hour_of_day:eq:09"}).filters.at(0).values[0], "9");
  EXPECT_EQ(from_query({"source:eq:Facebook"}).filters.at(0).values[0], "Facebook");
  EXPECT_EQ(from_body(R"([{"field":"metadata.price","op":"gte","value":9.5}])").text(),
            "metadata.price op7 '9.5'; ");
  EXPECT_EQ(from_query({"hour_of_day:between:9,17"}).text(), "hour_of_day op8 '9' '17'; ");
}

struct Refusal {
  std::string filters;
  std::string_view pointer;
  std::string_view code;
  std::string_view says;
};

TEST(FilterCheck, AnErrorInABodyPointsToItsPlace) {
  const std::vector<Refusal> cases{
      {"7", "/filters", "invalid_filter", "a filter is"},
      {"[[]]", "/filters/0", "invalid_filter", "a filter is"},
      {R"([{"op":"eq","value":"x"}])", "/filters/0", "invalid_filter", "field is missing"},
      {R"([{"field":"country","value":"x"}])", "/filters/0", "invalid_filter", "op is missing"},
      {R"([{"field":7,"op":"eq","value":"x"}])", "/filters/0/field", "invalid_type", "a text"},
      {R"([{"field":"contry","op":"eq","value":"x"}])", "/filters/0/field", "unknown_field",
       "did you mean 'country'?"},
      {R"([{"field":"clicks","op":"gt","value":10}])", "/filters/0/field", "unknown_field",
       "is a metric"},
      {R"([{"field":"day","op":"eq","value":"x"}])", "/filters/0/field", "invalid_filter",
       "start_date"},
      {R"([{"field":"country","op":"equals","value":"x"}])", "/filters/0/op", "unknown_operator",
       "starts_with"},
      {R"([{"field":"country","op":"daypart","value":"x"}])", "/filters/0/op", "unknown_operator",
       "hour_of_day"},
      {R"([{"field":"country","op":"in","value":["DE",{}]}])", "/filters/0/value/1", "invalid_type",
       "a text or a number"},
      {R"([{"field":"country","op":"in","values":[]}])", "/filters/0/values", "invalid_filter",
       "needs a value"},
      {R"([{"field":"country","op":"eq","values":["a","b"]}])", "/filters/0/values",
       "invalid_filter", "takes one value"},
      {R"(["a:eq:b",{"field":"weekday","op":"in","values":[1,8]}])", "/filters/1/values/1",
       "invalid_value", "1 (Monday) to 7"},
      {R"([{"field":"weekday","op":"contains","value":"1"}])", "/filters/0/op", "invalid_filter",
       "a number"},
      {R"({"any":[{"all":["country:eq:DE",{"field":"event_type","op":"eq","value":"clik"}]}]})",
       "/filters/any/0/all/1/value", "invalid_value", "did you mean 'click'?"},
      {R"({"any":{}})", "/filters/any", "invalid_type", "a list"},
      {R"({"any":[]})", "/filters/any", "invalid_filter", "at least one"},
      {R"({"any":["country:exists"],"all":["country:exists"]})", "/filters", "invalid_filter",
       "one of all, any and not"},
      {R"({"and":[{"country":"DE"}]})", "/filters/and", "invalid_filter", "is taken for a field"},
      {R"({"not":{"nots":{"country":"DE"}}})", "/filters/not/nots", "invalid_filter",
       "is taken for a field"},
      {R"([{"field":"source","op":"between","value":["b","a"]}])", "/filters/0/value",
       "invalid_filter", "smaller value first"},
      {R"([{"field":"source","op":"between","value":[1,"a"]}])", "/filters/0/value",
       "invalid_filter", "two numbers or two texts"},
      {R"([{"field":"source","op":"between","value":3}])", "/filters/0/value", "invalid_filter",
       "two values"},
      {R"([{"field":"source","op":"regex","value":"(a"}])", "/filters/0/value", "invalid_pattern",
       "RE2"},
      {R"([{"field":"source","op":"regex","value":"((a{99}){99}){9}"}])", "/filters/0/value",
       "invalid_pattern", ""},
      {R"([{"field":"source","op":"starts_with","value":""}])", "/filters/0/value",
       "invalid_filter", "exists"},
      {R"([{"field":"currency","op":"eq","value":"euro"}])", "/filters/0/value", "invalid_value",
       "ISO 4217"},
  };
  for (const Refusal& refusal : cases) {
    const Checked checked = from_body(refusal.filters);
    SCOPED_TRACE(refusal.filters);
    const auto& all = checked.problems;
    const auto found = std::find_if(all.begin(), all.end(), [&](const http::ProblemItem& item) {
      return item.pointer == refusal.pointer && item.code == refusal.code;
    });
    if (found == all.end()) {
      ADD_FAILURE() << (all.empty() ? "no problem" : all[0].pointer + " " + all[0].code);
      continue;
    }
    EXPECT_NE(found->detail.find(refusal.says), std::string::npos) << found->detail;
  }
  const auto alias = check(arguments_of_json(R"({"filter":[{"field":"x","op":"eq"}]})"));
  EXPECT_EQ(alias.problems.at(0).pointer, "/filter/0/field");
}

TEST(FilterCheck, AnErrorInAQueryNamesTheParameter) {
  EXPECT_EQ(from_query({"contry:eq:DE"}).problems.at(0).pointer, "?filter");
  EXPECT_EQ(from_query({"country"}).problems.at(0).pointer, "?filter");
  const auto nested = from_query({R"({"any":["source:eq:x",{"contry":"DE"}]})"});
  EXPECT_EQ(nested.problems.at(0).pointer, "?filter/any/1/contry");
  const auto broken = from_query({R"({"any":[)"});
  EXPECT_EQ(broken.problems.at(0).pointer, "?filter");
  EXPECT_EQ(broken.problems.at(0).code, "invalid_filter");
}

TEST(FilterCheck, EverythingIsBounded) {
  std::string deep = R"("country:eq:DE")";
  for (int i = 0; i < 9; ++i) deep = R"({"not":)" + deep + "}";
  EXPECT_EQ(from_body(deep).problems.at(0).code, "filter_too_deep");
  std::string abyss(30'000, '[');
  EXPECT_FALSE(from_query({abyss}).problems.empty());

  std::string wide = R"({"any":["country:eq:DE")";
  for (int i = 0; i < 32; ++i) wide += R"(,"country:eq:DE")";
  EXPECT_EQ(from_body(wide + "]}").problems.at(0).code, "too_many_filters");
  std::string nodes = R"({"any":[{"all":["country:exists"]})";
  for (int i = 0; i < 5'000; ++i) nodes += ",{}";
  const auto many = from_body(nodes + "]}");
  EXPECT_EQ(many.problems.size(), 1U);
  EXPECT_EQ(many.problems.at(0).code, "too_many_filters");

  std::vector<std::string> patterns(9, "source:regex:a");
  EXPECT_EQ(from_query(patterns).problems.at(0).code, "too_many_patterns");
  EXPECT_EQ(from_query({"source:regex:" + std::string(257, 'a')}).problems.at(0).code,
            "too_many_patterns");
}

}  // namespace
}  // namespace adbacus
