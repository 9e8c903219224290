#include "report/testing/random_reports.hpp"

#include <algorithm>
#include <set>

#include "report/columns.hpp"
#include "store/testing/naive_filter.hpp"

namespace adbacus {
namespace {

bool chance(Rng& random, std::uint64_t percent) {
  return random.below(100) < percent;
}

template <class T>
const T& one_of(Rng& random, const std::vector<T>& all) {
  return all[random.below(all.size())];
}

TimeUs random_time(Rng& random) {
  const TimeUs time = kRandomStartUs + static_cast<TimeUs>(random.below(kRandomSpanUs));
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

std::string letter(Rng& random, std::size_t count) {
  static const std::vector<std::string> letters{"a", "b", "10", "2", "e"};
  return letters[random.below(count)];
}

}  // namespace

NaiveEvent random_event(Rng& random) {
  static const std::vector<Counter64> counters{Counter64::impressions, Counter64::clicks,
                                               Counter64::conversions};
  NaiveEvent event = naive_event(kRandomStartUs + static_cast<TimeUs>(random.below(kRandomSpanUs)),
                                 one_of(random, counters), {});
  if (event.counters[Counter64::conversions] != 0) {
    event.counters[Counter64::value_micros] = static_cast<std::int64_t>(random.below(50'000'000));
  }
  for (const char* name : {"campaign_id", "source", "country", "browser", "metadata.room"}) {
    if (chance(random, 85)) event.fields[name] = letter(random, 4);
  }
  event.slice = static_cast<Slice>(random.below(kSlices));
  return event;
}

ReportRequest random_request(Rng& random) {
  static const std::vector<std::string> metrics{
      "impressions", "clicks",     "conversions", "revenue",         "ctr", "ecpm", "gross_clicks",
      "events",      "duplicates", "ivt_rate",    "givt_impressions"};
  static const std::vector<std::string> dimensions{
      "campaign_id", "source", "country", "browser", "metadata.room", "day",
      "hour",        "week",   "month",   "weekday", "hour_of_day",   "five_minute"};
  static const std::vector<std::string> zones{"UTC", "Europe/Berlin", "Asia/Kolkata",
                                              "America/St_Johns"};
  static const std::vector<Dimension> rollup_fields{
      *find_dimension("campaign_id"), *find_dimension("source"), *find_dimension("country")};
  static const std::vector<Dimension> all_fields{
      *find_dimension("campaign_id"),   *find_dimension("source"),  *find_dimension("country"),
      *find_dimension("metadata.room"), *find_dimension("weekday"), *find_dimension("hour_of_day")};
  static const std::vector<std::string> values{"a", "b", "c", "d", "e", "1", "10", ""};
  const std::vector<Dimension>& fields = chance(random, 60) ? rollup_fields : all_fields;
  ReportRequest request;
  request.tenant = std::string("1");
  request.timezone = one_of(random, zones);
  for (std::size_t n = 1 + random.below(3); n > 0; --n) {
    request.metrics.push_back(*find_metric(one_of(random, metrics)));
  }
  std::set<std::string> chosen;
  for (std::size_t n = random.below(4); n > 0; --n) chosen.insert(one_of(random, dimensions));
  for (const std::string& name : chosen) request.dimensions.push_back(*find_dimension(name));
  for (std::size_t n = random.below(3); n > 0; --n) {
    request.filters.push_back(random_filter(random, fields, values, 3));
  }
  request.from_us = random_time(random);
  request.to_us = std::max(request.from_us + 1, random_time(random));
  if (chance(random, 40) && !request.dimensions.empty()) {
    request.order.push_back({request.dimensions.size(), chance(random, 50)});
  }
  request.rows_max = chance(random, 30) ? 1 + random.below(10) : 100'000;
  return request;
}

LabelledRows naive_rows(const std::vector<NaiveEvent>& events, const ReportRequest& request) {
  const Zone zone = *Zone::find(request.timezone);
  std::map<std::vector<std::string>, std::map<Slice, Counters>> groups;
  if (request.dimensions.empty()) groups[{}];
  for (const NaiveEvent& event : events) {
    if (event.time_us < request.from_us || event.time_us >= request.to_us) continue;
    const bool passes = naive_all_hold(
        request.filters, [&](const Dimension& field) { return event.field(field.column, zone); });
    if (!passes) continue;
    std::vector<std::string> key;
    for (const Dimension& d : request.dimensions) {
      key.push_back(d.kind == Dimension::Kind::time
                        ? zone.label(zone.bucket(event.time_us, d.unit), d.unit)
                        : event.field(d.column));
    }
    groups[key][event.slice].add(event.counters);
  }
  LabelledRows table;
  for (const auto& [key, slices] : groups) {
    bool counted = key.empty();
    for (const Metric& metric : request.metrics) {
      std::vector<Measure> measures;
      const MetricSlots slots = add_measures(metric, measures);
      std::vector<std::int64_t> sums(measures.size());
      for (std::size_t i = 0; i < measures.size(); ++i) {
        for (const auto& [slice, counters] : slices) {
          if ((measures[i].slices & slice_bit(slice)) != 0)
            sums[i] += counters[measures[i].counter];
        }
        counted = counted || sums[i] != 0;
      }
      table[key].push_back(value_text(evaluate(metric, slots, sums, std::nullopt)));
    }
    if (!counted) table.erase(key);
  }
  return table;
}

LabelledRows rows_of(const ReportRequest& request, const ReportAnswer& answer) {
  const Zone zone = *Zone::find(request.timezone);
  DimensionTexts texts(request, zone);
  LabelledRows table;
  for (const ReportGroup& group : answer.groups) {
    std::vector<std::string> key;
    std::vector<std::string> values;
    for (const Column& column : columns_of(request, answer)) {
      if (column.is_dimension) {
        key.emplace_back(texts.text(column, group));
      } else {
        values.push_back(value_text(cell_value(column, request, answer, group, false)));
      }
    }
    table[key] = values;
  }
  return table;
}

}  // namespace adbacus
