#include "store/testing/random_facts.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "store/testing/naive_filter.hpp"

namespace adbacus {
namespace {

const std::array<const char*, 7> kZones = {
    "UTC",          "Europe/Berlin",       "America/New_York",
    "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns",
    "Pacific/Apia"};
// Zones whose offsets are whole hours, for the cube that has hours only.
constexpr std::size_t kHourZones = 3;

std::size_t at(SeriesDim dim) {
  return static_cast<std::size_t>(dim);
}

}  // namespace

std::string RandomFacts::campaign() {
  const std::uint64_t number = rng_.below(static_cast<std::uint64_t>(options_.campaigns) + 1);
  return number == 0 ? std::string() : fmt::format("c{}", number);
}

SeriesId RandomFacts::traffic_series(SeriesTable& table) {
  Series series;
  series.cube = Cube::traffic;
  series.dims[at(SeriesDim::tenant)] = fmt::format("t{}", one_in(4) ? 2 : 1);
  series.dims[at(SeriesDim::campaign)] = campaign();
  series.dims[at(SeriesDim::placement)] = fmt::format("p{}", rng_.below(3));
  series.dims[at(SeriesDim::source)] = one_in(2) ? "" : "news|letter";
  series.dims[at(SeriesDim::currency)] = one_in(3) ? "EUR" : "USD";
  return table.intern(series);
}

SeriesId RandomFacts::breakdown_series(SeriesTable& table) {
  Series series;
  series.cube = Cube::breakdown;
  series.dims[at(SeriesDim::tenant)] = fmt::format("t{}", one_in(4) ? 2 : 1);
  series.dims[at(SeriesDim::campaign)] = campaign();
  series.dims[at(SeriesDim::line_item)] = fmt::format("l{}", rng_.below(2));
  series.dims[at(SeriesDim::country)] = one_in(2) ? "DE" : "AT";
  series.dims[at(SeriesDim::device)] = one_in(2) ? "mobile" : "desktop";
  return table.intern(series);
}

Counters RandomFacts::counters() {
  Counters result;
  result[Counter64::events] = static_cast<std::int64_t>(rng_.below(100));
  for (std::uint64_t i = rng_.below(3); i > 0; --i) {
    result.v[rng_.below(kCounters)] = static_cast<std::int64_t>(rng_.below(1000));
  }
  if (one_in(10)) {
    result[Counter64::value_micros] =
        static_cast<std::int64_t>(rng_.below(1ULL << 50U)) - (1LL << 49);
  }
  if (one_in(50)) result[Counter64::impressions] = 0xffffffffLL;  // sums leave 32 bits
  return result;
}

FactBatch RandomFacts::batch(SeriesTable& series, std::uint16_t shard, Seq from) {
  FactBatch batch;
  batch.shard = shard;
  batch.from = from;
  batch.to = from + 1 + rng_.below(1000);
  const TimeUs length = options_.hours * kHourUs;
  log_time_us_ += static_cast<TimeUs>(rng_.below(static_cast<std::uint64_t>(length / 10)));
  batch.log_time_us = options_.from_us + log_time_us_;
  const auto first_minute = static_cast<Period>(options_.from_us / kMinuteUs);
  const auto first_hour = static_cast<Period>(options_.from_us / kHourUs);
  for (std::size_t i = rng_.below(options_.rows); i > 0; --i) {
    const auto minute =
        static_cast<Period>(rng_.below(static_cast<std::uint64_t>(options_.hours) * 60));
    const auto hour = static_cast<Period>(rng_.below(static_cast<std::uint64_t>(options_.hours)));
    const auto slice = static_cast<Slice>(rng_.below(kSlices));
    batch.minute_rows.push_back({traffic_series(series), first_minute + minute, slice, counters()});
    batch.hour_rows.push_back({breakdown_series(series), first_hour + hour, slice, counters()});
    if (one_in(20)) {
      ReachDelta delta{traffic_series(series), first_hour + hour, {}};
      for (std::uint64_t r = rng_.below(50); r > 0; --r) {
        delta.registers.push_back(
            static_cast<std::uint32_t>(rng_.below(4096) << 8U | (1 + rng_.below(20))));
      }
      std::sort(delta.registers.begin(), delta.registers.end());
      batch.reach.push_back(delta);
    }
  }
  ConversionFact fact;
  fact.seq = batch.to;
  fact.tenant = "t1";
  fact.event_id = fmt::format("e{}", batch.to);
  fact.status = ConversionStatus::approved;
  fact.value_micros = 5;
  batch.conversions.push_back(fact);
  return batch;
}

RollupQuery RandomFacts::query() {
  RollupQuery query;
  query.tenant = fmt::format("t{}", one_in(4) ? 2 : 1);
  query.cube = one_in(3) ? Cube::breakdown : Cube::traffic;
  const bool traffic = query.cube == Cube::traffic;
  query.with_reach = traffic && one_in(6);
  query.timezone = kZones[rng_.below(traffic && !query.with_reach ? kZones.size() : kHourZones)];
  query.unit = static_cast<TimeUnit>(rng_.below(9));
  if (!traffic || query.with_reach) {
    if (query.unit == TimeUnit::minute || query.unit == TimeUnit::five_minute) {
      query.unit = TimeUnit::hour;
    }
  }
  const TimeUs unit = traffic && !query.with_reach && one_in(2) ? kMinuteUs : kHourUs;
  const auto steps = static_cast<std::uint64_t>((options_.hours + 24) * kHourUs / unit);
  const auto a = static_cast<TimeUs>(rng_.below(steps));
  const auto b = static_cast<TimeUs>(rng_.below(steps));
  const TimeUs start = options_.from_us - 12 * kHourUs;
  query.from_us = start + std::min(a, b) * unit;
  query.to_us = start + std::max(a, b) * unit;
  if (one_in(4)) {  // whole days, where coarser levels answer
    query.from_us = floor_to(query.from_us, kDayUs);
    query.to_us = floor_to(query.to_us, kDayUs) + (one_in(2) ? 40 * kDayUs : kDayUs);
  }
  const std::array<SeriesDim, 4> dims = traffic
                                            ? std::array{SeriesDim::campaign, SeriesDim::placement,
                                                         SeriesDim::source, SeriesDim::currency}
                                            : std::array{SeriesDim::campaign, SeriesDim::line_item,
                                                         SeriesDim::country, SeriesDim::device};
  for (const SeriesDim dim : dims) {
    if (one_in(3)) query.dimensions.push_back(dim);
  }
  for (std::uint64_t i = rng_.below(3); i > 0; --i) {
    std::vector<SeriesDim> fields;
    for (const SeriesDim dim : dims) fields.push_back(one_in(2) ? SeriesDim::campaign : dim);
    query.filters.push_back(
        random_filter(rng_, fields, {"c1", campaign(), campaign(), "DE", "p1", "c2", ""}, 3));
  }
  for (std::uint64_t i = 1 + rng_.below(4); i > 0; --i) {
    query.measures.push_back(
        {static_cast<Counter64>(rng_.below(kCounters)),
         one_in(2) ? kNetSlices : static_cast<SliceMask>(rng_.below(1U << kSlices))});
  }
  return query;
}

}  // namespace adbacus
