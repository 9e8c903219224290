#include "store/lake/event_query.hpp"

#include <algorithm>
#include <tuple>

#include "store/lake/event_query_sql.hpp"

namespace adbacus {
namespace {

RollupResult to_result(const LakeQuery& query, DuckdbRows&& found) {
  RollupResult result;
  result.rows.resize(found.rows);
  for (std::size_t r = 0; r < found.rows; ++r) {
    RollupResult::Row& row = result.rows[r];
    std::size_t c = 0;
    row.bucket_us = found.columns[c++].numbers[r];
    for (std::size_t d = 0; d < query.columns.size(); ++d)
      row.dims.push_back(std::move(found.columns[c++].texts[r]));
    for (std::size_t m = 0; m < query.measures.size(); ++m)
      row.values.push_back(found.columns[c++].numbers[r]);
    if (query.with_reach) row.reach = found.columns[c].numbers[r];
  }
  std::erase_if(result.rows, [](const RollupResult::Row& row) {
    return row.reach == 0 &&
           std::all_of(row.values.begin(), row.values.end(), [](auto value) { return value == 0; });
  });
  std::sort(result.rows.begin(), result.rows.end(),
            [](const RollupResult::Row& a, const RollupResult::Row& b) {
              return std::tie(a.bucket_us, a.dims) < std::tie(b.bucket_us, b.dims);
            });
  return result;
}

}  // namespace

Result<RollupResult> run_event_query(DuckdbSession& duckdb, VisibleFiles& visible,
                                     const LakeQuery& query) {
  if (query.from_us > query.to_us)
    return Error{ErrorCode::invalid_argument, "from must not be later than to"};
  const auto snapshot = visible.snapshot(query.from_us, query.to_us);
  std::vector<std::string> paths;
  bool whole_hours = true;
  for (const LakeFile& file : snapshot->files) {
    paths.push_back(visible.local_path(file.name));
    if (paths.back().empty())
      return Error{ErrorCode::unavailable, "raw queries need objects on a local folder"};
    whole_hours =
        whole_hours && query.from_us <= file.hour_us && file.hour_us + kHourUs <= query.to_us;
  }
  // The statement is made in any case, so that a bad query is refused whatever the data.
  const bool none = paths.empty();
  auto sql = event_query_sql(query, none ? std::vector<std::string>{"none"} : paths, whole_hours);
  if (!sql) return sql.error();
  RollupResult result;
  if (!none) {
    auto found = duckdb.query(sql->text, sql->parameters, sql->kinds, query.rows_max);
    if (!found) return found.error();
    result = to_result(query, std::move(*found));
  }
  result.source = "raw";
  result.position = snapshot->committed;
  return result;
}

}  // namespace adbacus
