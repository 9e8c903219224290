// Turns a raw query into one SQL statement over lake files with every value bound. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "store/lake/duckdb_session.hpp"
#include "store/lake_query.hpp"

namespace adbacus {

struct EventSql {
  std::string text;
  std::vector<DuckdbParameter> parameters;
  std::vector<DuckdbKind> kinds;  // bucket, columns, measures, then reach if asked for
};

struct EventSqlOptions {
  bool whole_hours = false;    // the files hold no event outside the range: time is not looked at
  TimeUs fixed_bucket_us = 0;  // if > 0: buckets of this length in UTC instead of the query's unit
};

// `paths` is not empty, the time zone is known to exist. invalid_argument names an unknown column.
Result<EventSql> event_query_sql(const LakeQuery& query, const std::vector<std::string>& paths,
                                 const EventSqlOptions& options);

}  // namespace adbacus
