#include "store/lake/event_query.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "store/lake/event_query_sql.hpp"
#include "store/time_buckets.hpp"

namespace adbacus {
namespace {

// Every zone's offset has been a multiple of this for decades; where it was not, the engine
// converts each row's time, which costs about a microsecond.
constexpr TimeUs kQuarterUs = 15 * kMinuteUs;
constexpr std::size_t kQuarterRowsMax = 4'000'000;

std::vector<RollupResult::Row> to_rows(const LakeQuery& query, SessionRows&& found) {
  std::vector<RollupResult::Row> rows(found.rows);
  for (std::size_t r = 0; r < found.rows; ++r) {
    RollupResult::Row& row = rows[r];
    std::size_t c = 0;
    row.bucket_us = found.columns[c++].numbers[r];
    for (std::size_t d = 0; d < query.columns.size(); ++d)
      row.dims.push_back(std::move(found.columns[c++].texts[r]));
    for (std::size_t m = 0; m < query.measures.size(); ++m)
      row.values.push_back(found.columns[c++].numbers[r]);
    if (query.with_reach) row.reach = found.columns[c].numbers[r];
  }
  return rows;
}

void order(std::vector<RollupResult::Row>& rows) {
  std::erase_if(rows, [](const RollupResult::Row& row) {
    return row.reach == 0 &&
           std::all_of(row.values.begin(), row.values.end(), [](auto value) { return value == 0; });
  });
  std::sort(rows.begin(), rows.end(), [](const RollupResult::Row& a, const RollupResult::Row& b) {
    return std::tie(a.bucket_us, a.dims) < std::tie(b.bucket_us, b.dims);
  });
}

bool is_utc(const LakeQuery& query) {
  return query.timezone.empty() || query.timezone == "UTC";
}

Result<void> check(const LakeQuery& query) {
  if (query.from_us > query.to_us)
    return Error{ErrorCode::invalid_argument, "from must not be later than to"};
  if (is_utc(query)) return {};
  RollupQuery zone;  // only to check the name
  zone.timezone = query.timezone;
  zone.unit = TimeUnit::hour;
  zone.to_us = kHourUs;
  auto known = time_stretches(zone);
  return known ? Result<void>{} : Result<void>{known.error()};
}

// The zone's buckets, if they can be put together from quarters of an hour.
std::optional<std::vector<TimeStretch>> quarter_buckets(const LakeQuery& query,
                                                        const std::vector<LakeFile>& files) {
  if (is_utc(query) || query.unit == TimeUnit::none || query.with_reach) return std::nullopt;
  RollupQuery buckets;
  buckets.timezone = query.timezone;
  buckets.unit = query.unit;
  buckets.from_us = files.front().hour_us;
  buckets.to_us = files.back().hour_us + kHourUs;
  if (query.unit == TimeUnit::minute || query.unit == TimeUnit::five_minute) return std::nullopt;
  auto stretches = time_stretches(buckets);
  if (!stretches) return std::nullopt;
  for (const TimeStretch& stretch : *stretches) {
    if (stretch.begin_us % kQuarterUs != 0) return std::nullopt;
  }
  return std::move(*stretches);
}

std::vector<RollupResult::Row> fold(const std::vector<TimeStretch>& stretches,
                                    std::vector<RollupResult::Row>&& quarters) {
  std::map<std::pair<TimeUs, std::vector<std::string>>, std::vector<std::int64_t>> sums;
  for (RollupResult::Row& row : quarters) {
    const auto behind = std::upper_bound(
        stretches.begin(), stretches.end(), row.bucket_us,
        [](TimeUs time_us, const TimeStretch& stretch) { return time_us < stretch.begin_us; });
    const TimeUs bucket_us = std::prev(behind)->bucket_us;
    std::vector<std::int64_t>& sum = sums[{bucket_us, std::move(row.dims)}];
    sum.resize(row.values.size());
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += row.values[i];
  }
  std::vector<RollupResult::Row> rows;
  for (auto& [key, sum] : sums) rows.push_back({key.first, key.second, std::move(sum), 0});
  return rows;
}

Result<std::vector<RollupResult::Row>> ask(DuckdbSession& duckdb, const LakeQuery& query,
                                           const std::vector<std::string>& paths,
                                           const EventSqlOptions& options, std::size_t rows_max) {
  auto sql = event_query_sql(query, paths, options);
  if (!sql) return sql.error();
  auto found = duckdb.query(sql->text, sql->parameters, sql->kinds, rows_max);
  if (!found) return found.error();
  return to_rows(query, std::move(*found));
}

}  // namespace

Result<RollupResult> run_event_query(DuckdbSession& duckdb, VisibleFiles& visible,
                                     const LakeQuery& query) {
  if (auto good = check(query); !good) return good.error();
  const auto snapshot = visible.snapshot(query.from_us, query.to_us);
  RollupResult result;
  result.source = "raw";
  result.position = snapshot->committed;
  std::vector<std::string> paths;
  EventSqlOptions options;
  options.whole_hours = true;
  for (const LakeFile& file : snapshot->files) {
    paths.push_back(visible.local_path(file.name));
    if (paths.back().empty())
      return Error{ErrorCode::unavailable, "raw queries need objects on a local folder"};
    if (file.hour_us < query.from_us || file.hour_us + kHourUs > query.to_us)
      options.whole_hours = false;
  }
  if (paths.empty()) {  // the statement is made in any case: a bad query is refused whatever the
                        // data
    auto sql = event_query_sql(query, {"none"}, options);
    return sql ? Result<RollupResult>(std::move(result)) : Result<RollupResult>(sql.error());
  }
  if (const auto stretches = quarter_buckets(query, snapshot->files)) {
    EventSqlOptions quarters = options;
    quarters.fixed_bucket_us = kQuarterUs;
    auto rows = ask(duckdb, query, paths, quarters, kQuarterRowsMax);
    if (rows) {
      result.rows = fold(*stretches, std::move(*rows));
      order(result.rows);
      if (result.rows.size() <= query.rows_max) return result;
      return Error{ErrorCode::invalid_argument, "too_many_rows: more groups than asked for"};
    }
    if (rows.error().code != ErrorCode::invalid_argument) return rows.error();
  }
  auto rows = ask(duckdb, query, paths, options, query.rows_max);
  if (!rows) return rows.error();
  result.rows = std::move(*rows);
  order(result.rows);
  return result;
}

}  // namespace adbacus
