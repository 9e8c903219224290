// Counts raw events a second time out of the lake, with DuckDB instead of the fold: for ranges that
// the log no longer holds, and for reconciling a range while the server runs. Thread-safe as the
// lake is; runs on the caller's thread and may take seconds.
#pragma once

#include <cstddef>
#include <string>

#include "app/verify/recount.hpp"
#include "store/event_lake.hpp"

namespace adbacus {

struct LakeRecountQuery {
  std::string tenant;
  Cube cube = Cube::traffic;
  Level level = Level::minute;  // at least an hour for Cube::breakdown
  TimeUs from_us = 0;           // half-open, on the level's boundary
  TimeUs to_us = 0;
  Seq up_to = 0;  // only events up to here; 0 = all
  std::size_t rows_max = 1'000'000;
};

// Adds the lines of the cube and level; the position it answers is at least up_to.
// invalid_argument "too_many_rows: …" beyond rows_max groups.
Result<void> recount_lake(LakeReader& lake, const LakeRecountQuery& query, AggregateLines& out);

}  // namespace adbacus
