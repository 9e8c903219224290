// Answers raw queries from the visible files. Thread-safe as its arguments are.
#pragma once

#include "base/result.hpp"
#include "store/lake/duckdb_session.hpp"
#include "store/lake/visible_files.hpp"
#include "store/lake_query.hpp"

namespace adbacus {

Result<RollupResult> run_event_query(DuckdbSession& duckdb, VisibleFiles& visible,
                                     const LakeQuery& query);

}  // namespace adbacus
