// Random events and random reports: the engine over a store that only knows minutes and hours must
// say what a loop over the events says.
#include <gtest/gtest.h>
#include <random>

#include "base/rng.hpp"
#include "report/columns.hpp"
#include "report/engine.hpp"
#include "report/testing/naive_store.hpp"
#include "report/testing/owned_clock.hpp"

namespace adbacus {
namespace {

constexpr TimeUs kStart = 1'793'491'200'000'000;  // 2026-11-01T00:00:00Z

struct Random {
  std::mt19937_64 engine;
  std::size_t below(std::size_t n) { return engine() % n; }
  bool chance(std::size_t percent) { return below(100) < percent; }
  template <class T>
  const T& of(const std::vector<T>& all) {
    return all[below(all.size())];
  }
};

NaiveEvent random_event(Random& random) {
  static const std::vector<Counter64> counters{Counter64::impressions, Counter64::clicks,
                                               Counter64::conversions};
  NaiveEvent event =
      naive_event(kStart + static_cast<TimeUs>(random.below(3 * kDayUs)), random.of(counters), {});
  if (event.counters[Counter64::conversions] != 0) {
    event.counters[Counter64::value_micros] = static_cast<std::int64_t>(random.below(50'000'000));
  }
  for (const char* name : {"campaign_id", "source", "country", "browser", "metadata.room"}) {
    if (random.chance(85)) event.fields[name] = std::string(1, char('a' + random.below(4)));
  }
  event.slice = static_cast<Slice>(random.below(kSlices));
  return event;
}

TimeUs random_time(Random& random) {
  const TimeUs time = kStart + static_cast<TimeUs>(random.below(3 * kDayUs));
  switch (random.below(4)) {
    case 0:
      return floor_to(time, kHourUs);
    case 1:
      return floor_to(time, kMinuteUs);
    case 2:
      return floor_to(time, kDayUs);
    default:
      return time;
  }
}

ReportRequest random_request(Random& random) {
  static const std::vector<std::string> metrics{
      "impressions", "clicks",     "conversions", "revenue",         "ctr", "ecpm", "gross_clicks",
      "events",      "duplicates", "ivt_rate",    "givt_impressions"};
  static const std::vector<std::string> dimensions{
      "campaign_id", "source", "country", "browser", "metadata.room", "day",
      "hour",        "week",   "month",   "weekday", "hour_of_day",   "five_minute"};
  static const std::vector<std::string> zones{"UTC", "Europe/Berlin", "Asia/Kolkata",
                                              "America/St_Johns"};
  static const std::vector<std::string> fields{"campaign_id", "source", "country", "metadata.room"};
  ReportRequest request;
  request.tenant = "1";
  request.timezone = random.of(zones);
  for (std::size_t n = 1 + random.below(3); n > 0; --n) {
    request.metrics.push_back(*find_metric(random.of(metrics)));
  }
  std::set<std::string> chosen;
  for (std::size_t n = random.below(4); n > 0; --n) chosen.insert(random.of(dimensions));
  for (const std::string& name : chosen) request.dimensions.push_back(*find_dimension(name));
  for (std::size_t n = random.below(3); n > 0; --n) {
    ReportFilter filter{*find_dimension(random.of(fields)),
                        static_cast<FilterOp>(random.below(7)),
                        {std::string(1, char('a' + random.below(5)))}};
    if (filter.op == FilterOp::in || filter.op == FilterOp::not_in) filter.values.push_back("b");
    if (filter.op == FilterOp::exists) filter.values.clear();
    request.filters.push_back(std::move(filter));
  }
  request.from_us = random_time(random);
  request.to_us = std::max(request.from_us + 1, random_time(random));
  if (random.chance(40) && !request.dimensions.empty()) {
    request.order.push_back({request.dimensions.size(), random.chance(50)});
  }
  request.rows_max = random.chance(30) ? 1 + random.below(10) : 100'000;
  return request;
}

// The report as labelled rows: dimension texts -> metric texts.
using Table = std::map<std::vector<std::string>, std::vector<std::string>>;

Table naive_table(const std::vector<NaiveEvent>& events, const ReportRequest& request) {
  const Zone zone = *Zone::find(request.timezone);
  std::map<std::vector<std::string>, std::map<Slice, Counters>> groups;
  if (request.dimensions.empty()) groups[{}];
  for (const NaiveEvent& event : events) {
    if (event.time_us < request.from_us || event.time_us >= request.to_us) continue;
    bool passes = true;
    for (const ReportFilter& filter : request.filters) {
      passes = passes && naive_passes(event.field(filter.field.column), filter.op, filter.values);
    }
    if (!passes) continue;
    std::vector<std::string> key;
    for (const Dimension& d : request.dimensions) {
      key.push_back(d.kind == Dimension::Kind::time
                        ? zone.label(zone.bucket(event.time_us, d.unit), d.unit)
                        : event.field(d.column));
    }
    groups[key][event.slice].add(event.counters);
  }
  Table table;
  for (const auto& [key, slices] : groups) {
    for (const Metric& metric : request.metrics) {
      std::vector<Measure> measures;
      const MetricSlots slots = add_measures(metric, measures);
      std::vector<std::int64_t> sums(measures.size());
      for (std::size_t i = 0; i < measures.size(); ++i) {
        for (const auto& [slice, counters] : slices) {
          if ((measures[i].slices & slice_bit(slice)) != 0)
            sums[i] += counters[measures[i].counter];
        }
      }
      table[key].push_back(value_text(evaluate(metric, slots, sums, std::nullopt)));
    }
  }
  return table;
}

Table table_of(const ReportRequest& request, const ReportAnswer& answer) {
  const Zone zone = *Zone::find(request.timezone);
  DimensionTexts texts(request, zone);
  Table table;
  for (const ReportGroup& group : answer.groups) {
    std::vector<std::string> key;
    std::vector<std::string> values;
    for (const Column& column : columns_of(request, answer)) {
      if (column.part == Column::Part::dimension) {
        key.emplace_back(texts.text(column, group));
      } else {
        values.push_back(value_text(cell_value(column, request, answer, group, false)));
      }
    }
    table[key] = values;
  }
  return table;
}

bool is_ordered(const ReportRequest& request, const ReportAnswer& answer) {
  if (request.order.empty()) return true;
  const std::size_t metric = request.order[0].column - request.dimensions.size();
  for (std::size_t i = 1; i < answer.groups.size(); ++i) {
    const auto value = [&](std::size_t g) {
      return evaluate(request.metrics[metric], answer.slots[metric], answer.groups[g].sums,
                      std::nullopt);
    };
    const Value a = value(i - 1);
    const Value b = value(i);
    if (b.kind == Value::Kind::null) continue;
    if (a.kind == Value::Kind::null) return false;
    const double left = a.kind == Value::Kind::decimal ? a.decimal : static_cast<double>(a.integer);
    const double right =
        b.kind == Value::Kind::decimal ? b.decimal : static_cast<double>(b.integer);
    if (request.order[0].descending ? left < right : left > right) return false;
  }
  return true;
}

TEST(EngineProperty, AgreesWithALoopOverTheEvents) {
  const std::uint64_t seed = secure_random_u64();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random{std::mt19937_64(seed)};
  NaiveStore store;
  for (int i = 0; i < 600; ++i) store.events.push_back(random_event(random));
  OwnedClock clock(kStart + 10 * kDayUs);
  ReportEngine engine(store, &store, clock, {});
  for (int i = 0; i < 400; ++i) {
    const ReportRequest request = random_request(random);
    const auto prepared = engine.prepare(request);
    ASSERT_TRUE(prepared) << prepared.error().message;
    const auto answer = engine.run(*prepared);
    ASSERT_TRUE(answer) << answer.error().message;
    const Table expected = naive_table(store.events, request);
    const Table actual = table_of(request, *answer);
    ASSERT_EQ(actual.size(), std::min(expected.size(), request.rows_max)) << "request " << i;
    ASSERT_EQ(answer->truncated, expected.size() > request.rows_max);
    for (const auto& [key, values] : actual) {
      const auto row = expected.find(key);
      ASSERT_NE(row, expected.end()) << "request " << i;
      ASSERT_EQ(values, row->second) << "request " << i;
    }
    ASSERT_TRUE(is_ordered(request, *answer)) << "request " << i;
    ReportRequest total = request;
    total.dimensions.clear();
    const auto sums = naive_table(store.events, total).begin()->second;
    for (std::size_t m = 0; m < request.metrics.size(); ++m) {
      ASSERT_EQ(value_text(evaluate(request.metrics[m], answer->slots[m], answer->totals.sums,
                                    std::nullopt)),
                sums[m]);
    }
  }
}

}  // namespace
}  // namespace adbacus
