#include "app/import/import_runs.hpp"

#include <algorithm>
#include <map>

#include "report/instant.hpp"

namespace adbacus {
namespace {

constexpr TimeUs kLakeEndUs = 230 * 366 * kDayUs;  // behind every event time

}  // namespace

Result<std::vector<ImportRunTotals>> list_import_runs(LakeReader& lake, const std::string& tenant) {
  LakeQuery query;
  query.tenant = tenant;
  query.to_us = kLakeEndUs;
  query.unit = TimeUnit::day;
  query.columns = {"import_run"};
  query.filters = {{.field = "import_run", .op = FilterOp::exists, .values = {}}};
  query.measures = {{.counter = Counter64::events, .slices = (1U << kSlices) - 1},
                    {.counter = Counter64::events, .slices = kDuplicateSlices}};
  const auto found = lake.query_events(query);
  if (!found) return found.error();
  std::map<std::string, ImportRunTotals> runs;
  for (const RollupResult::Row& row : found->rows) {
    const auto [at, is_new] = runs.try_emplace(row.dims[0]);
    ImportRunTotals& run = at->second;
    run.tenant = tenant;
    run.run = row.dims[0];
    run.events += row.values[0];
    run.duplicates += row.values[1];
    run.first_day_us = is_new ? row.bucket_us : std::min(run.first_day_us, row.bucket_us);
    run.last_day_us = is_new ? row.bucket_us : std::max(run.last_day_us, row.bucket_us);
  }
  std::vector<ImportRunTotals> list;
  for (auto& [name, run] : runs) list.push_back(std::move(run));
  return list;
}

void write_import_runs(http::JsonWriter& json, const std::vector<ImportRunTotals>& runs) {
  json.begin_object().key("items").begin_array();
  for (const ImportRunTotals& run : runs) {
    json.begin_object().member("run", run.run).member("tenant_id", run.tenant);
    json.member("events", run.events).member("duplicates", run.duplicates);
    json.member("first_day", format_instant(run.first_day_us, 0).substr(0, 10));
    json.member("last_day", format_instant(run.last_day_us, 0).substr(0, 10)).end_object();
  }
  json.end_array().end_object();
}

}  // namespace adbacus
