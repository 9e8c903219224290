#include "store/embedded/level_marks.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "store/clamped_sql.hpp"
#include "store/embedded/store_schema.hpp"

namespace adbacus {
namespace {

Period hour_of(TimeUs time) {
  return static_cast<Period>(floor_to(time, kHourUs) / kHourUs);
}

std::string sums() {
  std::string result;
  for (std::size_t i = 0; i < kCounters; ++i) {
    if (i > 0) result += ", ";
    result += clamped_sql(fmt::format("sum({})", counter_name(static_cast<Counter64>(i))));
  }
  return result;
}

// Sums the rows of [from, until) of `source` into one period of `target` and moves a mark, at once.
Result<void> derive(DuckdbConnection& connection, Rollup source, Rollup target, Period period,
                    Period from, Period until, const std::string& mark_sql) {
  auto transaction = DuckdbTransaction::begin(connection);
  if (!transaction) return transaction.error();
  const std::string insert = fmt::format(
      "INSERT INTO {} SELECT series, {}, slice, {} FROM {} WHERE period >= {} AND period < {} "
      "GROUP BY series, slice ORDER BY series, slice",
      table_of(target), period, sums(), table_of(source), from, until);
  auto changed = connection.change(insert, {});
  if (!changed) return changed.error();
  if (*changed > 0) {
    const DuckdbValue row[] = {static_cast<std::int64_t>(target), std::int64_t{period}, *changed};
    auto noted = connection.change("INSERT INTO delta_rows VALUES (?, ?, ?, true)", row);
    if (!noted) return noted.error();
  }
  if (auto ok = connection.run(mark_sql); !ok) return ok;
  return transaction->commit();
}

// The first day with rows in [from, until), or until.
Result<Period> next_day(DuckdbConnection& connection, Rollup hours, Period from, Period until) {
  auto hour = connection.number(
      fmt::format("SELECT CAST(coalesce(min(period), {0}) AS BIGINT) FROM {1} WHERE period >= {2} "
                  "AND period < {0}",
                  until * 24, table_of(hours), from * 24));
  if (!hour) return hour.error();
  return day_of_hour(static_cast<Period>(*hour));
}

Result<bool> derive_day(DuckdbConnection& connection, Cube cube, LevelMarks::Cubes& marks,
                        Period days_closed) {
  const Rollup hours = rollup_of(cube, Level::hour);
  auto day = next_day(connection, hours, marks.days_until, days_closed);
  if (!day) return day.error();
  const Period until = std::min(*day + 1, days_closed);
  const std::string mark = fmt::format("UPDATE level_marks SET days_until = {} WHERE cube = {}",
                                       until, static_cast<int>(cube));
  auto ok = derive(connection, hours, rollup_of(cube, Level::day), *day, *day * 24, (*day + 1) * 24,
                   mark);
  if (!ok) return ok.error();
  marks.days_until = until;
  return true;
}

Result<bool> derive_month(DuckdbConnection& connection, Cube cube, LevelMarks::Cubes& marks) {
  const Period month = marks.months_until;
  const std::string mark = fmt::format("UPDATE level_marks SET months_until = {} WHERE cube = {}",
                                       month + 1, static_cast<int>(cube));
  auto ok = derive(connection, rollup_of(cube, Level::day), rollup_of(cube, Level::month), month,
                   first_day_of_month(month), first_day_of_month(month + 1), mark);
  if (!ok) return ok.error();
  marks.months_until = month + 1;
  return true;
}

}  // namespace

Result<LevelMarks> read_level_marks(DuckdbConnection& connection) {
  auto rows = connection.query("SELECT cube, days_until, months_until FROM level_marks");
  if (!rows) return rows.error();
  LevelMarks marks;
  for (;;) {
    auto chunk = rows->next();
    if (!chunk) return chunk.error();
    if (!*chunk) return marks;
    for (std::size_t i = 0; i < chunk->rows(); ++i) {
      const auto cube = chunk->column<std::uint8_t>(0)[i];
      if (cube >= marks.cubes.size()) return Error{ErrorCode::corrupt, "store: bad level mark"};
      marks.cubes[cube] = {true, chunk->column<std::int32_t>(1)[i],
                           chunk->column<std::int32_t>(2)[i]};
    }
  }
}

Result<void> start_level_marks(DuckdbConnection& connection, LevelMarks& marks,
                               TimeUs log_time_us) {
  for (std::size_t cube = 0; cube < marks.cubes.size(); ++cube) {
    if (marks.cubes[cube].set) continue;
    const Period day = day_of_hour(hour_of(log_time_us));
    marks.cubes[cube] = {true, day, month_of_day(day)};
    const DuckdbValue row[] = {static_cast<std::int64_t>(cube), std::int64_t{day},
                               std::int64_t{marks.cubes[cube].months_until}};
    auto added = connection.change("INSERT INTO level_marks VALUES (?, ?, ?)", row);
    if (!added) return added.error();
  }
  return {};
}

Result<bool> derive_level(DuckdbConnection& connection, LevelMarks& marks, Period now_hour,
                          Period grace_hours) {
  const Period days_closed = day_of_hour(now_hour - grace_hours);
  for (std::size_t i = 0; i < marks.cubes.size(); ++i) {
    const auto cube = static_cast<Cube>(i);
    LevelMarks::Cubes& at = marks.cubes[i];
    if (!at.set) continue;
    if (at.days_until < days_closed) return derive_day(connection, cube, at, days_closed);
    if (first_day_of_month(at.months_until + 1) <= at.days_until) {
      return derive_month(connection, cube, at);
    }
  }
  return false;
}

}  // namespace adbacus
