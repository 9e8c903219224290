// Up to where day and month rows are complete, per cube. Rows of earlier days are written to all
// levels at once; later days are summed from their hours when they are over.
#pragma once

#include <array>

#include "store/embedded/duckdb_connection.hpp"
#include "store/rollup.hpp"

namespace adbacus {

struct LevelMarks {
  struct Cubes {
    bool set = false;         // false: the store has no rows yet, nothing is derived
    Period days_until = 0;    // every earlier day is in the day table
    Period months_until = 0;  // likewise months
  };
  std::array<Cubes, 2> cubes;  // by Cube
};

Result<LevelMarks> read_level_marks(DuckdbConnection& connection);
// Inside the caller's transaction. The first rows of a store set the marks at their log time: what
// comes for earlier days goes to all levels.
Result<void> start_level_marks(DuckdbConnection& connection, LevelMarks& marks, TimeUs log_time_us);
// One step, in a transaction of its own: sums the oldest day or month that is over for at least
// `grace_hours` at `now_hour`. False: there is none.
Result<bool> derive_level(DuckdbConnection& connection, LevelMarks& marks, Period now_hour,
                          Period grace_hours);

}  // namespace adbacus
