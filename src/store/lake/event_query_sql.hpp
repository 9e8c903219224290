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

// `paths` is not empty. `whole_hours`: the files hold no event outside the range, so time need not
// be looked at. invalid_argument names an unknown column or time zone.
Result<EventSql> event_query_sql(const LakeQuery& query, const std::vector<std::string>& paths,
                                 bool whole_hours);

}  // namespace adbacus
