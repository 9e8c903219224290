#include "report/metric.hpp"

#include <gtest/gtest.h>
#include <map>

namespace adbacus {
namespace {

// Sums of a table of rows (slice, counters), so that metrics meet their slices as in a report.
using Rows = std::vector<std::pair<Slice, Counters>>;

Counters counters(std::map<Counter64, std::int64_t> values) {
  Counters out;
  for (const auto& [counter, value] : values) out[counter] = value;
  return out;
}

Value value_of(std::string_view name, const Rows& rows,
               std::optional<std::int64_t> reach = std::nullopt) {
  const auto metric = find_metric(name);
  EXPECT_TRUE(metric) << name;
  std::vector<Measure> measures;
  const MetricSlots slots = add_measures(*metric, measures);
  std::vector<std::int64_t> sums(measures.size());
  for (std::size_t i = 0; i < measures.size(); ++i) {
    for (const auto& [slice, values] : rows) {
      if ((measures[i].slices & slice_bit(slice)) != 0) sums[i] += values[measures[i].counter];
    }
  }
  return evaluate(*metric, slots, sums, reach);
}

Rows sample() {
  using C = Counter64;
  return {{Slice::counted_valid, counters({{C::impressions, 1000},
                                           {C::viewable, 400},
                                           {C::clicks, 1500},
                                           {C::conversions, 50},
                                           {C::events, 3000},
                                           {C::pending, 3},
                                           {C::rejected, 2},
                                           {C::rebills, 1},
                                           {C::views, 7},
                                           {C::interactions, 8},
                                           {C::page_views, 9},
                                           {C::customs, 10},
                                           {C::value_micros, 999'500'000},
                                           {C::cost_micros, 200'000'000}})},
          {Slice::counted_suspect, counters({{C::impressions, 500}, {C::events, 500}})},
          {Slice::counted_machine, counters({{C::clicks, 10}, {C::events, 10}})},
          {Slice::counted_givt, counters({{C::clicks, 20}, {C::events, 20}})},
          {Slice::counted_sivt, counters({{C::clicks, 30}, {C::events, 30}})},
          {Slice::repeat_valid, counters({{C::clicks, 5}, {C::events, 5}})},
          {Slice::repeat_givt, counters({{C::clicks, 6}, {C::events, 6}})},
          {Slice::duplicate_id, counters({{C::clicks, 100}, {C::events, 100}})},
          {Slice::duplicate_differs, counters({{C::clicks, 11}, {C::events, 11}})},
          {Slice::transition, counters({{C::conversions, 4}, {C::events, 4}})}};
}

TEST(Metric, CountsComeFromTheSlicesTheirPrefixNames) {
  const std::map<std::string, std::int64_t> expected{{"impressions", 1500},
                                                     {"viewable", 400},
                                                     {"clicks", 1500},
                                                     {"conversions", 50},
                                                     {"events", 3500},
                                                     {"views", 7},
                                                     {"interactions", 8},
                                                     {"page_views", 9},
                                                     {"customs", 10},
                                                     {"pending", 3},
                                                     {"rejected", 2},
                                                     {"rebills", 1},
                                                     {"duplicates", 111},
                                                     {"transitions", 4},
                                                     {"gross_clicks", 1571},
                                                     {"repeat_clicks", 11},
                                                     {"machine_clicks", 10},
                                                     {"givt_clicks", 20},
                                                     {"sivt_clicks", 30},
                                                     {"gross_events", 3571},
                                                     {"suspect_impressions", 500},
                                                     {"revenue_cents", 99950},
                                                     {"revenue_micros", 999'500'000},
                                                     {"cost_cents", 20000},
                                                     {"gross_impressions", 1500},
                                                     {"sivt_revenue_micros", 0}};
  for (const auto& [name, value] : expected) {
    const Value actual = value_of(name, sample());
    EXPECT_EQ(actual.kind, Value::Kind::integer) << name;
    EXPECT_EQ(actual.integer, value) << name;
  }
}

TEST(Metric, NetIsGrossWithoutRepeatsMachinesAndInvalidTraffic) {
  const auto count = [](std::string name) { return value_of(name, sample()).integer; };
  for (const std::string base : {"impressions", "viewable", "clicks", "conversions", "events"}) {
    EXPECT_EQ(count(base), count("gross_" + base) - count("repeat_" + base) -
                               count("machine_" + base) - count("givt_" + base) -
                               count("sivt_" + base));
  }
}

TEST(Metric, RatiosComeFromTheSums) {
  const std::map<std::string, double> expected{{"ctr", 1500.0 / 1500},
                                               {"cvr", 50.0 / 1500},
                                               {"conversion_rate", 50.0 / 1500},
                                               {"viewable_rate", 400.0 / 1500},
                                               {"ivt_rate", 60.0 / 3571},
                                               {"roas", 999.5 / 200},
                                               {"roi", 799.5 / 200},
                                               {"cpc", 200.0 / 1500},
                                               {"cpm", 200.0 * 1000 / 1500},
                                               {"vcpm", 500},
                                               {"cpa", 4},
                                               {"aov", 19.99},
                                               {"ecpm", 999.5 * 1000 / 1500},
                                               {"rpc", 999.5 / 1500},
                                               {"ecpc", 999.5 / 1500},
                                               {"frequency", 1500.0 / 40}};
  for (const auto& [name, value] : expected) {
    const Value actual = value_of(name, sample(), 40);
    EXPECT_EQ(actual.kind, Value::Kind::decimal) << name;
    EXPECT_DOUBLE_EQ(actual.decimal, value) << name;
  }
}

TEST(Metric, AZeroDenominatorIsNullAndNeverANumber) {
  Rows rows = sample();
  for (auto& [slice, values] : rows) values = Counters{};
  for (const std::string name :
       {"ctr", "cvr", "conversion_rate", "viewable_rate", "ivt_rate", "roas", "roi", "cpc", "cpm",
        "vcpm", "cpa", "aov", "ecpm", "rpc", "ecpc", "frequency"}) {
    EXPECT_EQ(value_of(name, rows, 0).kind, Value::Kind::null) << name;
  }
  EXPECT_EQ(value_of("reach", rows).kind, Value::Kind::null);  // unknown, not zero
  EXPECT_EQ(value_of("reach", rows, 0).kind, Value::Kind::integer);
}

TEST(Metric, MoneyIsExact) {
  const Value revenue = value_of("revenue", sample());
  EXPECT_EQ(revenue.kind, Value::Kind::amount);
  EXPECT_EQ(revenue.integer, 999'500'000);
  const Rows half{{Slice::counted_valid, counters({{Counter64::value_micros, 25'000}})}};
  EXPECT_EQ(value_of("revenue_cents", half).integer, 2);  // 2.5 goes to the even neighbour
  const Rows more{{Slice::counted_valid, counters({{Counter64::value_micros, 35'000}})}};
  EXPECT_EQ(value_of("revenue_cents", more).integer, 4);
}

TEST(Metric, EveryListedNameIsFoundAndNothingElse) {
  for (const std::string& name : metric_names()) {
    const auto metric = find_metric(name);
    ASSERT_TRUE(metric) << name;
    EXPECT_EQ(metric->name, name);
  }
  for (const std::string_view name : {"", "gross_", "gross_ctr", "click", "gross_pending",
                                      "gross_gross_clicks", "CLICKS", "measurable"}) {
    EXPECT_FALSE(find_metric(name)) << name;
  }
}

TEST(Metric, MoneyNeedsOneCurrencyAndCountsDoNot) {
  for (const std::string_view name : {"revenue", "cost_cents", "roas", "cpc", "gross_revenue"}) {
    EXPECT_TRUE(find_metric(name)->needs_currency()) << name;
  }
  for (const std::string_view name : {"clicks", "ctr", "reach", "frequency", "ivt_rate"}) {
    EXPECT_FALSE(find_metric(name)->needs_currency()) << name;
  }
}

TEST(Metric, QuotientsPastFiftyThreeBitsStayWithinTheLastPlace) {
  EXPECT_DOUBLE_EQ(quotient(9'000'000'000'000'000'001, 1, 3, 1'000'000), 3'000'000'000'000.0);
  EXPECT_EQ(quotient(1, 1, 3, 1), 1.0 / 3.0);
  EXPECT_EQ(quotient(-7, 1, 2, 1), -3.5);
}

}  // namespace
}  // namespace adbacus
