#include "store/embedded/database_query.hpp"

#include <algorithm>
#include <bit>
#include <fmt/format.h>
#include <string>

#include "store/clamped_sql.hpp"
#include "store/embedded/store_schema.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kLevels = 4;
const Error kTooMany{ErrorCode::invalid_argument, "too_many_rows: too many groups with reach"};

std::string slice_list(SliceMask slices) {
  std::string list;
  for (std::size_t i = 0; i < kSlices; ++i) {
    if ((slices & (1U << i)) == 0) continue;
    if (!list.empty()) list += ", ";
    list += std::to_string(i);
  }
  return list.empty() ? "255" : list;
}

// Everything in the statement comes from our own tables of names, nothing from the request.
std::string counter_sql(const RollupQuery& query, const std::vector<std::string>& sources) {
  SliceMask slices = 0;
  std::string measures;
  for (const Measure& measure : query.measures) {
    slices = static_cast<SliceMask>(slices | measure.slices);
    const std::string sum = fmt::format("sum(CASE WHEN r.slice IN ({}) THEN r.{} ELSE 0 END)",
                                        slice_list(measure.slices), counter_name(measure.counter));
    measures += ", " + clamped_sql(sum);
  }
  std::string rows;
  for (const std::string& source : sources) {
    if (!rows.empty()) rows += " UNION ALL ";
    rows += source + fmt::format(" AND t.slice IN ({})", slice_list(slices));
  }
  return fmt::format(
      "SELECT r.bucket, s.grp{} FROM ({}) r JOIN wanted_series s ON r.series = s.series GROUP BY "
      "r.bucket, s.grp",
      measures, rows);
}

std::string source_sql(Rollup rollup, std::size_t level, Period first, Period last) {
  return fmt::format(
      "SELECT p.bucket, t.series, t.slice, {} FROM {} t JOIN wanted_periods p ON p.level = {} AND "
      "p.period = t.period WHERE t.period >= {} AND t.period <= {}",
      counter_columns("t.", ""), table_of(rollup), level, first, last);
}

}  // namespace

ReachRegisters* ReachSums::at(TimeUs bucket_us, std::uint32_t group) {
  const auto found = cells_.find({bucket_us, group});
  if (found != cells_.end()) return &found->second;
  if (cells_.size() == kCellsMax) return nullptr;
  return &cells_[{bucket_us, group}];
}

void ReachSums::finish(GroupSums& sums) const {
  for (const auto& [key, registers] : cells_) {
    sums.set_reach(key.first, key.second, registers.estimate());
  }
}

Result<void> add_pending_reach(const PendingBatch& batch, const HourPlan& plan, GroupSums& groups,
                               ReachSums& reach) {
  for (const ReachDelta& delta : batch.reach) {
    const std::size_t hour = find_hour(plan, delta.hour);
    if (hour == plan.hours.size()) continue;
    const std::uint32_t group = groups.group_of(delta.series);
    if (group == GroupSums::kFiltered) continue;
    ReachRegisters* cell = reach.at(plan.hours[hour].bucket_us, group);
    if (cell == nullptr) return kTooMany;
    cell->merge(delta.registers);
  }
  return {};
}

Result<void> DatabaseQuery::prepare_tables() {
  if (prepared_) return {};
  auto ok = connection_.run(
      "CREATE TEMP TABLE wanted_series(series UINTEGER, grp UINTEGER);"
      "CREATE TEMP TABLE wanted_periods(level UTINYINT, period INTEGER, bucket BIGINT)");
  prepared_ = static_cast<bool>(ok);
  return ok;
}

Result<std::vector<ShardOffset>> DatabaseQuery::begin(std::uint16_t shards) {
  if (auto ok = prepare_tables(); !ok) return ok.error();
  if (auto ok = connection_.run("BEGIN"); !ok) return ok.error();
  return read_offsets(connection_, shards);
}

// Only temporary tables were written, and those must be empty for the next query.
void DatabaseQuery::end() {
  if (!connection_.run("ROLLBACK")) prepared_ = false;
}

Result<bool> DatabaseQuery::fill_series(const std::vector<SeriesId>& series, GroupSums& sums) {
  const duckdb_type types[] = {DUCKDB_TYPE_UINTEGER, DUCKDB_TYPE_UINTEGER};
  auto appender = DuckdbAppender::open(connection_, "wanted_series", types);
  if (!appender) return appender.error();
  bool any = false;
  for (const SeriesId id : series) {
    const std::uint32_t group = sums.group_of(id);
    if (group == GroupSums::kFiltered) continue;
    any = true;
    appender->set<std::uint32_t>(0, id);
    appender->set<std::uint32_t>(1, group);
    if (auto ok = appender->next_row(); !ok) return ok.error();
  }
  if (auto ok = appender->finish(); !ok) return ok.error();
  return any;
}

Result<void> DatabaseQuery::fill_periods(const Buckets& buckets) {
  const duckdb_type types[] = {DUCKDB_TYPE_UTINYINT, DUCKDB_TYPE_INTEGER, DUCKDB_TYPE_BIGINT};
  auto appender = DuckdbAppender::open(connection_, "wanted_periods", types);
  if (!appender) return appender.error();
  for (std::size_t level = 0; level < kLevels; ++level) {
    for (const auto& [period, bucket] : buckets[level]) {
      appender->set<std::uint8_t>(0, static_cast<std::uint8_t>(level));
      appender->set<std::int32_t>(1, period);
      appender->set<std::int64_t>(2, bucket);
      if (auto ok = appender->next_row(); !ok) return ok;
    }
  }
  return appender->finish();
}

// A day is read as one row where its 24 UTC hours lie in one bucket, a month likewise.
DatabaseQuery::Buckets DatabaseQuery::choose_levels(const HourPlan& plan,
                                                    const LevelMarks::Cubes& marks) {
  Buckets buckets;
  std::vector<std::pair<Period, TimeUs>> days;
  const auto whole = [&](std::size_t i, std::size_t count) {
    for (std::size_t k = i; k < i + count; ++k) {
      if (k >= plan.hours.size() || plan.hours[k].kind == RowKind::traffic_minute) return false;
      if (plan.hours[k].bucket_us != plan.hours[i].bucket_us) return false;
    }
    return true;
  };
  for (std::size_t i = 0; i < plan.hours.size();) {
    const HourPlan::Hour& hour = plan.hours[i];
    const Period day = day_of_hour(hour.hour);
    if (marks.set && hour.hour == day * 24 && day < marks.days_until && whole(i, 24)) {
      days.emplace_back(day, hour.bucket_us);
      i += 24;
      continue;
    }
    if (hour.kind == RowKind::traffic_minute) {
      for (Period minute = 0; minute < 60; ++minute) {
        const TimeUs bucket = plan.minutes[hour.minutes][static_cast<std::size_t>(minute)];
        if (bucket != kNoBucket) buckets[0].emplace_back(hour.hour * 60 + minute, bucket);
      }
    } else {
      buckets[1].emplace_back(hour.hour, hour.bucket_us);
    }
    ++i;
  }
  for (std::size_t i = 0; i < days.size();) {
    const Period day =
        days[i].first;  // no structured binding: lambdas cannot capture one in clang 14
    const TimeUs bucket = days[i].second;
    const Period month = month_of_day(day);
    const auto length = static_cast<std::size_t>(first_day_of_month(month + 1) - day);
    const bool first = month < marks.months_until && day == first_day_of_month(month) &&
                       i + length <= days.size() &&
                       days[i + length - 1] == std::pair(first_day_of_month(month + 1) - 1, bucket);
    const bool same = first && std::all_of(days.begin() + static_cast<std::ptrdiff_t>(i),
                                           days.begin() + static_cast<std::ptrdiff_t>(i + length),
                                           [&](const auto& d) { return d.second == bucket; });
    if (same) {
      buckets[3].emplace_back(month, bucket);
      i += length;
    } else {
      buckets[2].emplace_back(day, bucket);
      ++i;
    }
  }
  return buckets;
}

Result<void> DatabaseQuery::add_counters(const RollupQuery& query, const HourPlan& plan,
                                         const std::vector<SeriesId>& series, GroupSums& sums) {
  if (query.measures.empty() || plan.hours.empty()) return {};
  auto marks = read_level_marks(connection_);
  if (!marks) return marks.error();
  auto any = fill_series(series, sums);
  if (!any) return any.error();
  if (!*any) return {};
  const Buckets buckets = choose_levels(plan, marks->cubes[static_cast<std::size_t>(query.cube)]);
  if (auto ok = fill_periods(buckets); !ok) return ok;
  std::vector<std::string> sources;
  for (std::size_t level = 0; level < kLevels; ++level) {
    if (buckets[level].empty()) continue;
    sources.push_back(source_sql(rollup_of(query.cube, static_cast<Level>(level)), level,
                                 buckets[level].front().first, buckets[level].back().first));
  }
  auto rows = connection_.query(counter_sql(query, sources));
  if (!rows) return rows.error();
  for (;;) {
    auto chunk = rows->next();
    if (!chunk) return chunk.error();
    if (!*chunk) return {};
    for (std::size_t i = 0; i < chunk->rows(); ++i) {
      std::int64_t* values =
          sums.values(chunk->column<std::int64_t>(0)[i], chunk->column<std::uint32_t>(1)[i]);
      if (values == nullptr) return {};  // finish() of the sums tells the caller
      for (std::size_t m = 0; m < query.measures.size(); ++m) {
        values[m] = clamped_sum(values[m], chunk->column<std::int64_t>(2 + m)[i]);
      }
    }
  }
}

Result<void> DatabaseQuery::add_reach(const HourPlan& plan, GroupSums& groups,
                                      const std::vector<SeriesId>& series, ReachSums& reach) {
  if (plan.hours.empty()) return {};
  const std::string sql =
      fmt::format("SELECT series, period, registers FROM reach WHERE period >= {} AND period <= {}",
                  plan.hours.front().hour, plan.hours.back().hour);
  // One campaign's few series are cheaper to look up than to find among all.
  std::string only;
  if (series.size() <= 64) {
    for (const SeriesId id : series) only += (only.empty() ? "" : ", ") + std::to_string(id);
    if (only.empty()) return {};
    only = " AND series IN (" + only + ")";
  }
  auto rows = connection_.query(sql + only);
  if (!rows) return rows.error();
  for (;;) {
    auto chunk = rows->next();
    if (!chunk) return chunk.error();
    if (!*chunk) return {};
    for (std::size_t i = 0; i < chunk->rows(); ++i) {
      const std::uint32_t group = groups.group_of(chunk->column<std::uint32_t>(0)[i]);
      if (group == GroupSums::kFiltered) continue;
      const std::size_t hour = find_hour(plan, chunk->column<std::int32_t>(1)[i]);
      if (hour == plan.hours.size()) continue;
      ReachRegisters* cell = reach.at(plan.hours[hour].bucket_us, group);
      if (cell == nullptr) return kTooMany;
      auto registers = reach_registers(chunk->text(2, i));
      if (!registers) return registers.error();
      cell->merge(*registers);
    }
  }
}

}  // namespace adbacus
