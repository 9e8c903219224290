#include "store/embedded/batch_commit.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <string>
#include <tuple>

#include "base/failpoint.hpp"
#include "store/embedded/reach_registers.hpp"

namespace adbacus {
namespace {

// A few milliseconds' work, and few enough that DuckDB's chunks of 2,048 rows stay whole.
constexpr std::size_t kRowsBetweenRests = 4096;

void set_row(DuckdbAppender& appender, const RowRun::Head& head, Period period,
             const std::uint32_t* words) {
  appender.set<std::uint32_t>(0, head.series);
  appender.set<std::int32_t>(1, period);
  appender.set<std::uint8_t>(2, static_cast<std::uint8_t>(head.slice));
  for (std::size_t i = 0; i < kCounters; ++i) {
    appender.set<std::int64_t>(kFirstCounterColumn + i,
                               RowRun::value(head, words, static_cast<Counter64>(i)));
  }
}

// The cube and level of the table decide what period a row of an hour's run gets.
Period period_of(Rollup rollup, Period block, const RowRun::Head& head) {
  return rollup == Rollup::traffic_minute ? block * 60 + head.minute : block;
}

const std::vector<duckdb_type>& conversion_types() {
  static const std::vector<duckdb_type> types = [] {
    std::vector<duckdb_type> all(14, DUCKDB_TYPE_VARCHAR);
    all[0] = all[1] = all[13] = DUCKDB_TYPE_BIGINT;
    return all;
  }();
  return types;
}

}  // namespace

BatchCommit::BatchCommit(DuckdbConnection& connection, const SeriesTable& series,
                         std::size_t series_stored, LevelMarks marks, std::function<void()> rest)
    : connection_(connection),
      series_(series),
      series_stored_(series_stored),
      marks_(marks),
      rest_(std::move(rest)) {}

Result<void> BatchCommit::end_row(DuckdbAppender& appender) {
  if (++rows_ % kRowsBetweenRests == 0) rest_();
  return appender.next_row();
}

Result<void> BatchCommit::run(std::span<const PendingBatchPtr> batches) {
  auto transaction = DuckdbTransaction::begin(connection_);
  if (!transaction) return transaction.error();
  if (auto ok = write_all(batches); !ok) return ok;
  if (auto ok = failpoint("store.before_commit"); !ok) return ok;
  if (auto ok = transaction->commit(); !ok) return ok;
  return failpoint("store.after_commit");
}

Result<void> BatchCommit::write_all(std::span<const PendingBatchPtr> batches) {
  std::size_t series_end = 0;
  for (const PendingBatchPtr& batch : batches) series_end = std::max(series_end, batch->series_end);
  if (auto ok = write_series(series_end); !ok) return ok;
  const bool rows = std::any_of(batches.begin(), batches.end(),
                                [](const PendingBatchPtr& batch) { return !batch->runs.empty(); });
  if (rows) {
    if (auto ok = start_level_marks(connection_, marks_, batches.front()->log_time_us); !ok) {
      return ok;
    }
  }
  for (std::size_t kind = 0; kind < kRowKinds; ++kind) {
    if (auto ok = write_rollups(batches, static_cast<RowKind>(kind)); !ok) return ok;
  }
  if (auto ok = write_conversions(batches); !ok) return ok;
  if (auto ok = write_reach(batches); !ok) return ok;
  if (auto ok = write_block_rows(); !ok) return ok;
  return write_offsets(batches);
}

Result<void> BatchCommit::write_series(std::size_t end) {
  if (end <= series_stored_) return {};
  std::vector<duckdb_type> types = {DUCKDB_TYPE_UINTEGER, DUCKDB_TYPE_UTINYINT};
  types.insert(types.end(), kSeriesDims, DUCKDB_TYPE_VARCHAR);
  types.push_back(DUCKDB_TYPE_INTEGER);
  auto appender = DuckdbAppender::open(connection_, "series", types);
  if (!appender) return appender.error();
  for (std::size_t id = series_stored_; id < end; ++id) {
    const Series& series = series_.get(static_cast<SeriesId>(id));
    appender->set<std::uint32_t>(0, static_cast<std::uint32_t>(id));
    appender->set<std::uint8_t>(1, static_cast<std::uint8_t>(series.cube));
    for (std::size_t dim = 0; dim < kSeriesDims; ++dim) {
      appender->set_text(2 + dim, series.dims[dim]);
    }
    appender->set<std::int32_t>(2 + kSeriesDims, series.first_day);
    if (auto ok = end_row(*appender); !ok) return ok;
  }
  series_stored_ = end;
  return appender->finish();
}

Result<void> BatchCommit::write_rollups(std::span<const PendingBatchPtr> batches, RowKind kind) {
  std::vector<BlockRun> runs;
  for (const PendingBatchPtr& batch : batches) {
    for (const BlockRun& run : batch->runs) {
      if (run.key.kind == kind) runs.push_back(run);
    }
  }
  if (kind != RowKind::traffic_minute) {
    const Cube cube = kind == RowKind::traffic_hour ? Cube::traffic : Cube::breakdown;
    const LevelMarks::Cubes& marks = marks_.cubes[static_cast<std::size_t>(cube)];
    std::vector<BlockRun> days;
    std::vector<BlockRun> months;
    for (const BlockRun& run : runs) {
      const Period day = day_of_hour(run.key.hour);
      const Period month = month_of_day(day);
      if (day < marks.days_until) days.push_back({{run.key.table, kind, day}, run.run});
      if (month < marks.months_until) months.push_back({{run.key.table, kind, month}, run.run});
    }
    if (auto ok = write_level(std::move(days), rollup_of(cube, Level::day)); !ok) return ok;
    if (auto ok = write_level(std::move(months), rollup_of(cube, Level::month)); !ok) return ok;
  }
  return write_level(std::move(runs), rollup_of(kind));
}

// The key's `hour` is the block of the rollup here: an hour, a day or a month.
Result<void> BatchCommit::write_level(std::vector<BlockRun> runs, Rollup rollup) {
  if (runs.empty()) return {};
  std::stable_sort(runs.begin(), runs.end(),
                   [](const BlockRun& a, const BlockRun& b) { return a.key < b.key; });
  auto appender = DuckdbAppender::open(connection_, table_of(rollup), rollup_types());
  if (!appender) return appender.error();
  for (std::size_t i = 0; i < runs.size();) {
    const BlockKey key = runs[i].key;
    std::vector<RowRunPtr> same;
    for (; i < runs.size() && runs[i].key == key; ++i) same.push_back(runs[i].run);
    const RowRunPtr merged = merge_runs(std::move(same), rest_);
    Result<void> appended;
    for_each_row(*merged, [&](CampaignNumber, const RowRun::Head& head, const auto* words) {
      if (!appended) return;
      set_row(*appender, head, period_of(rollup, key.hour, head), words);
      appended = end_row(*appender);
    });
    if (!appended) return appended;
    block_rows_[{rollup, key.hour}] += static_cast<std::int64_t>(merged->rows());
  }
  return appender->finish();
}

Result<void> BatchCommit::write_conversions(std::span<const PendingBatchPtr> batches) {
  const bool any = std::any_of(batches.begin(), batches.end(), [](const PendingBatchPtr& batch) {
    return !batch->conversions.empty();
  });
  if (!any) return {};
  auto appender = DuckdbAppender::open(connection_, "conversions", conversion_types());
  if (!appender) return appender.error();
  for (const PendingBatchPtr& batch : batches) {
    for (const ConversionFact& fact : batch->conversions) {
      appender->set<std::int64_t>(0, static_cast<std::int64_t>(fact.seq));
      appender->set<std::int64_t>(1, fact.time_us);
      const std::string_view texts[] = {fact.tenant,
                                        fact.event_id,
                                        fact.user_id,
                                        fact.campaign_id,
                                        fact.ad_id,
                                        fact.source,
                                        fact.conversion_type,
                                        fact.transaction_id,
                                        fact.currency,
                                        conversion_status_name(fact.status),
                                        slice_name(fact.slice)};
      std::size_t column = 2;
      for (const std::string_view text : texts) appender->set_text(column++, text);
      appender->set<std::int64_t>(column, fact.value_micros);
      if (auto ok = end_row(*appender); !ok) return ok;
    }
  }
  return appender->finish();
}

Result<void> BatchCommit::write_reach(std::span<const PendingBatchPtr> batches) {
  std::vector<const ReachDelta*> deltas;
  for (const PendingBatchPtr& batch : batches) {
    for (const ReachDelta& delta : batch->reach) deltas.push_back(&delta);
  }
  if (deltas.empty()) return {};
  const auto key = [](const ReachDelta* delta) { return std::tuple(delta->hour, delta->series); };
  std::stable_sort(deltas.begin(), deltas.end(),
                   [&](const ReachDelta* a, const ReachDelta* b) { return key(a) < key(b); });
  const duckdb_type types[] = {DUCKDB_TYPE_UINTEGER, DUCKDB_TYPE_INTEGER, DUCKDB_TYPE_BLOB};
  auto appender = DuckdbAppender::open(connection_, table_of(Rollup::reach), types);
  if (!appender) return appender.error();
  for (std::size_t i = 0; i < deltas.size();) {
    const ReachDelta& first = *deltas[i];
    std::vector<std::uint32_t> registers;
    for (; i < deltas.size() && key(deltas[i]) == key(&first); ++i) {
      registers.insert(registers.end(), deltas[i]->registers.begin(), deltas[i]->registers.end());
    }
    appender->set<std::uint32_t>(0, first.series);
    appender->set<std::int32_t>(1, first.hour);
    appender->set_text(2, reach_blob(std::move(registers)));
    if (auto ok = end_row(*appender); !ok) return ok;
    ++block_rows_[{Rollup::reach, first.hour}];
  }
  return appender->finish();
}

Result<void> BatchCommit::write_block_rows() {
  if (block_rows_.empty()) return {};
  const duckdb_type types[] = {DUCKDB_TYPE_UTINYINT, DUCKDB_TYPE_INTEGER, DUCKDB_TYPE_BIGINT,
                               DUCKDB_TYPE_BOOLEAN};
  auto appender = DuckdbAppender::open(connection_, "delta_rows", types);
  if (!appender) return appender.error();
  for (const auto& [key, rows] : block_rows_) {
    appender->set<std::uint8_t>(0, static_cast<std::uint8_t>(key.first));
    appender->set<std::int32_t>(1, key.second);
    appender->set<std::int64_t>(2, rows);
    appender->set<bool>(3, false);
    if (auto ok = appender->next_row(); !ok) return ok;
  }
  return appender->finish();
}

Result<void> BatchCommit::write_offsets(std::span<const PendingBatchPtr> batches) {
  struct Move {
    Seq from;
    const PendingBatch* last;
  };
  std::map<std::uint16_t, Move> moves;
  for (const PendingBatchPtr& batch : batches) {
    const auto [at, first] = moves.try_emplace(batch->shard, Move{batch->from, batch.get()});
    if (!first) at->second.last = batch.get();
  }
  for (const auto& [shard, move] : moves) {
    const DuckdbValue values[] = {static_cast<std::int64_t>(move.last->to), move.last->log_time_us,
                                  static_cast<std::int64_t>(move.last->keys_max),
                                  std::int64_t{shard}, static_cast<std::int64_t>(move.from)};
    auto changed = connection_.change(
        "UPDATE offsets SET seq = ?, log_time_us = ?, keys_max = ? WHERE shard = ? AND seq = ?",
        values);
    if (!changed) return changed.error();
    if (*changed != 1) {
      return Error{ErrorCode::conflict, "store: the offset of shard " + std::to_string(shard) +
                                            " is not " + std::to_string(move.from)};
    }
  }
  return {};
}

Result<std::vector<ShardOffset>> read_offsets(DuckdbConnection& connection, std::uint16_t shards) {
  auto rows = connection.query("SELECT shard, seq, log_time_us, keys_max FROM offsets");
  if (!rows) return rows.error();
  std::vector<ShardOffset> result(shards);
  std::size_t seen = 0;
  for (;;) {
    auto chunk = rows->next();
    if (!chunk) return chunk.error();
    if (!*chunk) break;
    for (std::size_t i = 0; i < chunk->rows(); ++i) {
      const auto shard = static_cast<std::size_t>(chunk->column<std::int64_t>(0)[i]);
      if (shard >= shards) return Error{ErrorCode::corrupt, "store: offset of an unknown shard"};
      result[shard] = {static_cast<Seq>(chunk->column<std::int64_t>(1)[i]),
                       chunk->column<std::int64_t>(2)[i],
                       static_cast<std::uint64_t>(chunk->column<std::int64_t>(3)[i])};
      ++seen;
    }
  }
  if (seen != shards) return Error{ErrorCode::corrupt, "store: an offset row is missing"};
  return result;
}

Result<std::vector<Seq>> read_attributed_from(DuckdbConnection& connection, std::uint16_t shards) {
  std::vector<Seq> result;
  for (std::uint16_t shard = 0; shard < shards; ++shard) {
    auto from = connection.number(
        fmt::format("SELECT attributed_from FROM offsets WHERE shard = {}", shard));
    if (!from) return from.error();
    result.push_back(static_cast<Seq>(*from));
  }
  return result;
}

}  // namespace adbacus
