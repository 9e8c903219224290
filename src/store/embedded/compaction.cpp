#include "store/embedded/compaction.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <map>

#include "store/clamped_sql.hpp"
#include "store/embedded/reach_registers.hpp"

namespace adbacus {
namespace {

// The first hour after the block.
Period end_hour(Rollup rollup, Period block) {
  switch (rollup) {
    case Rollup::traffic_minute:
    case Rollup::traffic_hour:
    case Rollup::breakdown_hour:
    case Rollup::reach:
      return block + 1;
    case Rollup::traffic_day:
    case Rollup::breakdown_day:
      return (block + 1) * 24;
    case Rollup::traffic_month:
    case Rollup::breakdown_month:
      return first_day_of_month(block + 1) * 24;
  }
  return block + 1;
}

std::string sums() {
  std::string result;
  for (std::size_t i = 0; i < kCounters; ++i) {
    const std::string_view name = counter_name(static_cast<Counter64>(i));
    if (i > 0) result += ", ";
    result += fmt::format("{} AS {}", clamped_sql(fmt::format("sum({})", name)), name);
  }
  return result;
}

constexpr std::int64_t kSmallBlockRows = 10'000;
constexpr std::int64_t kSeriesEnd = std::numeric_limits<std::uint32_t>::max();

}  // namespace

Result<void> Compaction::load(DuckdbConnection& connection) {
  blocks_.clear();
  working_ = false;
  auto rows = connection.query("SELECT rollup, block, rows, compacted FROM delta_rows");
  if (!rows) return rows.error();
  for (;;) {
    auto chunk = rows->next();
    if (!chunk) return chunk.error();
    if (!*chunk) return {};
    for (std::size_t i = 0; i < chunk->rows(); ++i) {
      const auto rollup = chunk->column<std::uint8_t>(0)[i];
      if (rollup > static_cast<std::uint8_t>(Rollup::reach)) {
        return Error{ErrorCode::corrupt, "store: unknown rollup in delta_rows"};
      }
      Block& block = blocks_[{static_cast<Rollup>(rollup), chunk->column<std::int32_t>(1)[i]}];
      const std::int64_t count = chunk->column<std::int64_t>(2)[i];
      if (chunk->column<bool>(3)[i]) {
        block.compacted += count;
      } else {
        block.added += count;
        ++block.commits;
      }
    }
  }
}

void Compaction::note(const BlockRows& rows) {
  for (const auto& [key, count] : rows) {
    Block& block = blocks_[key];
    block.added += count;
    ++block.commits;
  }
}

// A block that got a few late rows is left alone until they are worth a rewrite.
bool Compaction::due(const Key& key, const Block& block, Period now_hour) const {
  const std::int64_t pieces = block.commits + (block.compacted > 0 ? 1 : 0);
  return pieces > 1 && block.added * 4 >= block.compacted &&
         end_hour(key.first, key.second) + options_.grace_hours <= now_hour;
}

// Takes the first block that is due and as many neighbours as fit in a step. A transaction costs
// more than rewriting a small block, so small ones between two that are due come along.
bool Compaction::choose(Period now_hour) {
  if (working_) return true;
  std::int64_t between = 0;
  for (const auto& [key, block] : blocks_) {
    const bool take = due(key, block, now_hour);
    const std::int64_t rows = block.compacted + block.added;
    if (!working_) {
      if (!take) continue;
      working_ = true;
      work_ = {key.first, key.second, key.second, rows, 0, {}};
      continue;
    }
    if (key.first != work_.rollup) break;
    if (work_.rows_before + between + rows > options_.step_rows_max) break;
    if (!take && rows > kSmallBlockRows) break;
    between += rows;
    if (!take) continue;
    work_.last = key.second;
    work_.rows_before += between;
    between = 0;
  }
  return working_;
}

std::string Compaction::where(std::int64_t series_end) const {
  const Period length = periods_per_block(work_.rollup);
  return fmt::format("period >= {} AND period < {} AND series >= {} AND series < {}",
                     work_.first * length, (work_.last + 1) * length, work_.next_series,
                     series_end);
}

// Where the part at hand ends. Series ids are spread evenly enough over a block's rows to cut it by
// them.
Result<std::int64_t> Compaction::next_part(DuckdbConnection& connection) const {
  if (work_.rows_before <= options_.step_rows_max) return kSeriesEnd;
  auto last =
      connection.number(fmt::format("SELECT CAST(coalesce(max(series), 0) AS BIGINT) FROM "
                                    "{} WHERE {}",
                                    table_of(work_.rollup), where(kSeriesEnd)));
  if (!last) return last.error();
  const std::int64_t parts = work_.rows_before / options_.step_rows_max + 1;
  const std::int64_t end = work_.next_series + (*last + 1) / parts + 1;
  return end <= *last ? end : kSeriesEnd;
}

// A crash between two parts leaves the block to be compacted once more, which changes nothing.
Result<bool> Compaction::step(DuckdbConnection& connection, Period now_hour) {
  if (!choose(now_hour)) return false;
  auto end = next_part(connection);
  if (!end) return end.error();
  auto transaction = DuckdbTransaction::begin(connection);
  if (!transaction) return transaction.error();
  auto ok = work_.rollup == Rollup::reach ? rewrite_reach(connection, where(*end))
                                          : rewrite_counters(connection, where(*end));
  if (!ok) return ok.error();
  if (*end == kSeriesEnd) {
    if (ok = write_notes(connection); !ok) return ok.error();
  }
  if (ok = transaction->commit(); !ok) return ok.error();
  work_.next_series = *end;
  if (*end < kSeriesEnd) return true;
  const auto first = blocks_.lower_bound({work_.rollup, work_.first});
  const auto last = blocks_.upper_bound({work_.rollup, work_.last});
  for (auto at = first; at != last; ++at) at->second = {work_.rows[at->first.second], 0, 0};
  working_ = false;
  return true;
}

Result<void> Compaction::rewrite_counters(DuckdbConnection& connection, const std::string& rows) {
  const char* table = table_of(work_.rollup);
  auto ok = connection.run(
      fmt::format("CREATE OR REPLACE TEMP TABLE compacted AS SELECT series, period, slice, {} FROM "
                  "{} WHERE {} GROUP BY series, period, slice; DELETE FROM {} WHERE {}; INSERT "
                  "INTO {} SELECT * FROM compacted ORDER BY series, period, slice",
                  sums(), table, rows, table, rows, table));
  if (!ok) return ok;
  {
    auto counts = connection.query("SELECT period, count(*) FROM compacted GROUP BY period");
    if (!counts) return counts.error();
    for (;;) {
      auto chunk = counts->next();
      if (!chunk) return chunk.error();
      if (!*chunk) break;
      for (std::size_t i = 0; i < chunk->rows(); ++i) {
        const Period length = periods_per_block(work_.rollup);
        const std::int32_t period = chunk->column<std::int32_t>(0)[i];
        const auto block = static_cast<Period>(floor_to(period, length) / length);
        work_.rows[block] += chunk->column<std::int64_t>(1)[i];
      }
    }
  }
  return connection.run("DROP TABLE compacted");
}

Result<void> Compaction::rewrite_reach(DuckdbConnection& connection, const std::string& rows) {
  std::map<std::pair<Period, std::uint32_t>, std::vector<std::uint32_t>> registers;
  {
    auto found = connection.query("SELECT series, period, registers FROM reach WHERE " + rows);
    if (!found) return found.error();
    for (;;) {
      auto chunk = found->next();
      if (!chunk) return chunk.error();
      if (!*chunk) break;
      for (std::size_t i = 0; i < chunk->rows(); ++i) {
        auto list = reach_registers(chunk->text(2, i));
        if (!list) return list.error();
        auto& all =
            registers[{chunk->column<std::int32_t>(1)[i], chunk->column<std::uint32_t>(0)[i]}];
        all.insert(all.end(), list->begin(), list->end());
      }
    }
  }
  if (auto ok = connection.run("DELETE FROM reach WHERE " + rows); !ok) return ok;
  const duckdb_type types[] = {DUCKDB_TYPE_UINTEGER, DUCKDB_TYPE_INTEGER, DUCKDB_TYPE_BLOB};
  auto appender = DuckdbAppender::open(connection, "reach", types);
  if (!appender) return appender.error();
  for (auto& [key, list] : registers) {
    appender->set<std::uint32_t>(0, key.second);
    appender->set<std::int32_t>(1, key.first);
    appender->set_text(2, reach_blob(std::move(list)));
    if (auto ok = appender->next_row(); !ok) return ok;
    ++work_.rows[key.first];
  }
  return appender->finish();
}

// What the blocks have now, in place of what the commits noted.
Result<void> Compaction::write_notes(DuckdbConnection& connection) const {
  const auto rollup = static_cast<std::int64_t>(work_.rollup);
  const DuckdbValue range[] = {rollup, std::int64_t{work_.first}, std::int64_t{work_.last}};
  auto deleted = connection.change(
      "DELETE FROM delta_rows WHERE rollup = ? AND block >= ? AND block <= ?", range);
  if (!deleted) return deleted.error();
  const duckdb_type types[] = {DUCKDB_TYPE_UTINYINT, DUCKDB_TYPE_INTEGER, DUCKDB_TYPE_BIGINT,
                               DUCKDB_TYPE_BOOLEAN};
  auto appender = DuckdbAppender::open(connection, "delta_rows", types);
  if (!appender) return appender.error();
  for (const auto& [block, rows] : work_.rows) {
    appender->set<std::uint8_t>(0, static_cast<std::uint8_t>(work_.rollup));
    appender->set<std::int32_t>(1, block);
    appender->set<std::int64_t>(2, rows);
    appender->set<bool>(3, true);
    if (auto ok = appender->next_row(); !ok) return ok;
  }
  return appender->finish();
}

}  // namespace adbacus
