#include "store/testing/reference_model.hpp"

#include <algorithm>
#include <date/tz.h>
#include <fmt/format.h>

#include "store/embedded/reach_registers.hpp"
#include "store/testing/naive_filter.hpp"

namespace adbacus {
namespace {

bool wanted(const RollupQuery& query, const Series& series, TimeUs time) {
  if (series.cube != query.cube || series.dims[0] != query.tenant) return false;
  if (time < query.from_us || time >= query.to_us) return false;
  return naive_all_hold(query.filters, [&series](SeriesDim dim) {
    return series.dims[static_cast<std::size_t>(dim)];
  });
}

}  // namespace

TimeUs reference_bucket(TimeUs time, TimeUnit unit, const std::string& timezone) {
  using std::chrono::microseconds;
  const date::time_zone* zone = date::locate_zone(timezone);
  const date::sys_time<microseconds> instant{microseconds(time)};
  const auto local = zone->to_local(instant);
  const auto offset = local.time_since_epoch() - instant.time_since_epoch();
  const auto local_day = date::floor<date::days>(local);
  const auto midnight = [&](date::local_days day) -> TimeUs {
    return std::chrono::duration_cast<microseconds>(
               zone->to_sys(day, date::choose::earliest).time_since_epoch())
        .count();
  };
  const auto floored = [&](TimeUs length) {
    const TimeUs start = floor_to(local.time_since_epoch().count(), length) - offset.count();
    // Not before the clocks had this offset.
    const auto since = zone->get_info(date::floor<std::chrono::seconds>(instant)).begin;
    const std::int64_t since_s = since.time_since_epoch().count();
    return std::max(start / kSecondUs, since_s) * kSecondUs;
  };
  switch (unit) {
    case TimeUnit::none:
      return 0;
    case TimeUnit::minute:
      return floored(kMinuteUs);
    case TimeUnit::five_minute:
      return floored(5 * kMinuteUs);
    case TimeUnit::hour:
      return floored(kHourUs);
    case TimeUnit::day:
      return midnight(local_day);
    case TimeUnit::week:
      return midnight(local_day - (date::weekday(local_day) - date::Monday));
    case TimeUnit::month: {
      const date::year_month_day ymd(local_day);
      return midnight(date::local_days(ymd.year() / ymd.month() / 1));
    }
    case TimeUnit::hour_of_day:
      return (local - local_day).count() / kHourUs;
    case TimeUnit::weekday:
      return date::weekday(local_day).iso_encoding();
  }
  return 0;
}

void ReferenceModel::add(const FactBatch& batch, const SeriesTable& series) {
  for (const RollupRow& row : batch.minute_rows) {
    rows_.push_back({series.get(row.series), row.period * kMinuteUs, row.slice, row.counters});
  }
  for (const RollupRow& row : batch.hour_rows) {
    rows_.push_back({series.get(row.series), row.period * kHourUs, row.slice, row.counters});
  }
  for (const ReachDelta& delta : batch.reach) {
    reach_.push_back({series.get(delta.series), delta.hour * kHourUs, delta.registers});
  }
}

std::vector<RollupResult::Row> ReferenceModel::query(const RollupQuery& query) const {
  struct Sum {
    std::vector<std::int64_t> values;
    ReachRegisters registers;
  };
  std::map<std::pair<TimeUs, std::vector<std::string>>, Sum> groups;
  const auto group_of = [&](const Series& series, TimeUs time) -> Sum& {
    std::vector<std::string> dims;
    for (const SeriesDim dim : query.dimensions) {
      dims.push_back(series.dims[static_cast<std::size_t>(dim)]);
    }
    Sum& sum = groups[{reference_bucket(time, query.unit, query.timezone), dims}];
    sum.values.resize(query.measures.size());
    return sum;
  };
  for (const Row& row : rows_) {
    if (!wanted(query, row.series, row.time_us)) continue;
    Sum& sum = group_of(row.series, row.time_us);
    for (std::size_t m = 0; m < query.measures.size(); ++m) {
      const Measure& measure = query.measures[m];
      if ((measure.slices & slice_bit(row.slice)) == 0) continue;
      sum.values[m] += row.counters[measure.counter];
    }
  }
  if (query.with_reach) {
    for (const Reach& reach : reach_) {
      if (!wanted(query, reach.series, reach.time_us)) continue;
      group_of(reach.series, reach.time_us).registers.merge(reach.registers);
    }
  }
  std::vector<RollupResult::Row> rows;
  for (const auto& [key, sum] : groups) {
    RollupResult::Row row{key.first, key.second, sum.values, sum.registers.estimate()};
    const bool zero =
        std::all_of(row.values.begin(), row.values.end(), [](auto v) { return v == 0; });
    if (!zero || row.reach != 0) rows.push_back(std::move(row));
  }
  return rows;
}

std::string describe(const std::vector<RollupResult::Row>& rows) {
  std::string text;
  for (const RollupResult::Row& row : rows) {
    text += fmt::format("{}", row.bucket_us);
    for (const std::string& dim : row.dims) text += " '" + dim + "'";
    for (const std::int64_t value : row.values) text += fmt::format(" {}", value);
    text += fmt::format(" reach {}\n", row.reach);
  }
  return text;
}

std::string describe(const RollupQuery& query) {
  std::string text = fmt::format("tenant {} cube {} from {} to {} unit {} zone {} dims",
                                 query.tenant, cube_name(query.cube), query.from_us, query.to_us,
                                 static_cast<int>(query.unit), query.timezone);
  for (const SeriesDim dim : query.dimensions) text += fmt::format(" {}", series_dim_name(dim));
  for (const Filter& filter : query.filters) {
    text += " filter " +
            filter_text(filter, [](SeriesDim dim) { return std::string(series_dim_name(dim)); });
  }
  for (const Measure& measure : query.measures) {
    text += fmt::format(" {}/{:x}", counter_name(measure.counter), measure.slices);
  }
  return text + (query.with_reach ? " reach" : "");
}

}  // namespace adbacus
