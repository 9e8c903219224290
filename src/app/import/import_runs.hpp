// Which import runs a tenant has, as the raw events tell. Behind GET /v1/imports and
// `adbacus import list`. Thread-safe as the lake is; runs on the caller's thread and may take
// seconds.
#pragma once

#include <string>
#include <vector>

#include "http/json_writer.hpp"
#include "store/event_lake.hpp"

namespace adbacus {

struct ImportRunTotals {
  std::string tenant;
  std::string run;
  std::int64_t events = 0;      // with duplicates
  std::int64_t duplicates = 0;  // of them
  TimeUs first_day_us = 0;      // of its events
  TimeUs last_day_us = 0;
};

// By name. Dropped runs are not among them: the lake holds none of their events.
Result<std::vector<ImportRunTotals>> list_import_runs(LakeReader& lake, const std::string& tenant);

// {"items":[…]}
void write_import_runs(http::JsonWriter& json, const std::vector<ImportRunTotals>& runs);

}  // namespace adbacus
