#include "app/lake_raw_reader.hpp"

namespace adbacus {

Result<RollupResult> LakeRawReader::query(const RawQuery& query) {
  LakeQuery lake;
  lake.tenant = query.tenant;
  lake.from_us = query.from_us;
  lake.to_us = query.to_us;
  lake.unit = query.unit;
  lake.timezone = query.timezone;
  lake.columns = query.columns;
  lake.filters = query.filters;
  lake.measures = query.measures;
  lake.with_reach = query.with_reach;
  lake.rows_max = query.rows_max;
  lake.after = query.after;
  return lake_.query_events(lake);
}

Seq LakeRawReader::visible() {
  return lake_.status().position;
}

}  // namespace adbacus
