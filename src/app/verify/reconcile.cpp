#include "app/verify/reconcile.hpp"

#include <algorithm>
#include <span>

#include "app/verify/lake_recount.hpp"
#include "app/verify/other_rows.hpp"

namespace adbacus {
namespace {

// All counters of every slice in one query, so that all are of one position.
RollupQuery served_query(const ReconcileQuery& query, Cube cube, Level level) {
  RollupQuery rollup;
  rollup.tenant = query.tenant;
  rollup.cube = cube;
  rollup.from_us = query.from_us;
  rollup.to_us = query.to_us;
  rollup.unit = level == Level::minute ? TimeUnit::minute : TimeUnit::hour;
  const std::size_t dims = cube == Cube::traffic ? kTrafficDims : kSeriesDims;
  for (std::size_t i = 1; i < dims; ++i) rollup.dimensions.push_back(SeriesDim(i));
  for (std::size_t s = 0; s < kSlices; ++s) {
    for (std::size_t c = 0; c < kCounters; ++c) {
      rollup.measures.push_back({.counter = Counter64(c), .slices = slice_bit(Slice(s))});
    }
  }
  rollup.rows_max = query.rows_max;
  return rollup;
}

void add_served(const ReconcileQuery& query, Cube cube, Level level, const RollupResult& result,
                AggregateLines& out) {
  std::vector<std::string> dims;
  for (const RollupResult::Row& row : result.rows) {
    dims.assign(1, query.tenant);
    dims.insert(dims.end(), row.dims.begin(), row.dims.end());
    for (std::size_t s = 0; s < kSlices; ++s) {
      if (Slice(s) == Slice::attributed) continue;  // the lake has events, not what they earned
      Counters counters;
      for (std::size_t c = 0; c < kCounters; ++c) counters.v[c] = row.values[s * kCounters + c];
      if (counters == Counters{}) continue;
      out[aggregate_key(cube, level, row.bucket_us, dims, slice_name(Slice(s)))].add(counters);
    }
  }
}

void compare(const AggregateLines& served, const AggregateLines& counted,
             const ReconcileQuery& query, Reconciliation& out) {
  const auto look = [&](const std::string& key, const Counters& a, const Counters& b) {
    if (a == b) return;
    ++out.differences;
    if (out.shown.size() < query.shown_max) out.shown.push_back({key, a, b});
  };
  out.aggregates += counted.size();
  for (const auto& [key, counters] : counted) {
    const auto found = served.find(key);
    look(key, found == served.end() ? Counters{} : found->second, counters);
  }
  for (const auto& [key, counters] : served) {
    if (counted.contains(key)) continue;
    ++out.aggregates;
    look(key, counters, Counters{});
  }
}

}  // namespace

Result<Reconciliation> reconcile(ReportReader& served, LakeReader& lake,
                                 const ReconcileQuery& query) {
  Reconciliation out;
  for (const Cube cube : {Cube::traffic, Cube::breakdown}) {
    const Level level = cube == Cube::traffic ? query.level : Level::hour;
    const auto rows = served.query(served_query(query, cube, level));
    if (!rows) return rows.error();
    AggregateLines served_lines;
    add_served(query, cube, level, *rows, served_lines);
    AggregateLines counted_lines;
    auto counted = recount_lake(lake,
                                {.tenant = query.tenant,
                                 .cube = cube,
                                 .level = level,
                                 .from_us = query.from_us,
                                 .to_us = query.to_us,
                                 .up_to = rows->position,
                                 .rows_max = query.rows_max * 2},
                                counted_lines);
    if (!counted) return counted.error();
    settle_other(served_lines, "", counted_lines);
    compare(served_lines, counted_lines, query, out);
    (cube == Cube::traffic ? out.other_traffic : out.other_breakdown) =
        other_events(served_lines, cube);
    out.position = std::max(out.position, rows->position);
  }
  return out;
}

}  // namespace adbacus
