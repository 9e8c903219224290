#include "app/verify/lake_recount.hpp"

#include <fmt/format.h>
#include <span>
#include <vector>

namespace adbacus {
namespace {

TimeUnit unit_of(Level level) {
  switch (level) {
    case Level::minute:
      return TimeUnit::minute;
    case Level::hour:
      return TimeUnit::hour;
    case Level::day:
      return TimeUnit::day;
    case Level::month:
      return TimeUnit::month;
  }
  return TimeUnit::none;
}

std::string_view lake_column(SeriesDim dim) {
  return dim == SeriesDim::tenant ? "tenant_id" : series_dim_name(dim);
}

// As Slice names it, of the lake's two columns.
std::string slice_text(const std::string& disposition, const std::string& traffic_class) {
  const bool classed = disposition == "counted" || disposition == "repeat";
  return classed ? disposition + "_" + traffic_class : disposition;
}

}  // namespace

Result<void> recount_lake(LakeReader& lake, const LakeRecountQuery& query, AggregateLines& out) {
  LakeQuery raw;
  raw.tenant = query.tenant;
  raw.from_us = query.from_us;
  raw.to_us = query.to_us;
  raw.unit = unit_of(query.level);
  raw.up_to = query.up_to;
  raw.after = query.up_to;
  raw.rows_max = query.rows_max;
  const std::size_t dims = query.cube == Cube::traffic ? kTrafficDims : kSeriesDims;
  for (std::size_t i = 0; i < dims; ++i) raw.columns.emplace_back(lake_column(SeriesDim(i)));
  raw.columns.emplace_back("disposition");
  raw.columns.emplace_back("traffic_class");
  for (std::size_t i = 0; i < kCounters; ++i) {
    raw.measures.push_back({.counter = Counter64(i), .slices = (1U << kSlices) - 1});
  }
  const auto found = lake.query_events(raw);
  if (!found) return found.error();
  if (found->position < query.up_to) {
    return Error{ErrorCode::unavailable,
                 fmt::format("the lake has come to event {} of {}", found->position, query.up_to)};
  }
  for (const RollupResult::Row& row : found->rows) {
    const std::string key =
        aggregate_key(query.cube, query.level, row.bucket_us, std::span(row.dims).first(dims),
                      slice_text(row.dims[dims], row.dims[dims + 1]));
    Counters counters;
    for (std::size_t i = 0; i < kCounters; ++i) counters.v[i] = row.values[i];
    out[key].add(counters);
  }
  return {};
}

}  // namespace adbacus
