// Writes pending batches to the database in one transaction: new series, rows of every level they
// belong to, conversions, reach and the shards' offsets. Used by the store's background thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "store/embedded/duckdb_connection.hpp"
#include "store/embedded/level_marks.hpp"
#include "store/embedded/pending_batch.hpp"
#include "store/embedded/store_schema.hpp"
#include "store/series_table.hpp"

namespace adbacus {

// Rows written per rollup and block: what compaction needs to know.
using BlockRows = std::map<std::pair<Rollup, Period>, std::int64_t>;

class BatchCommit {
 public:
  // Series below `series_stored` are in the database already. `rest` is called between pieces of
  // some milliseconds' work: whoever is in no hurry lets others go first there. References must
  // outlive the object.
  BatchCommit(DuckdbConnection& connection, const SeriesTable& series, std::size_t series_stored,
              LevelMarks marks, std::function<void()> rest);

  // After an error nobody knows whether the batches are stored: the caller asks the offsets.
  // conflict: the offsets are not the ones the batches follow.
  Result<void> run(std::span<const PendingBatchPtr> batches);

  // After success:
  std::size_t series_stored() const { return series_stored_; }
  const LevelMarks& marks() const { return marks_; }
  const BlockRows& block_rows() const { return block_rows_; }

 private:
  Result<void> end_row(DuckdbAppender& appender);
  Result<void> write_all(std::span<const PendingBatchPtr> batches);
  Result<void> write_series(std::size_t end);
  Result<void> write_rollups(std::span<const PendingBatchPtr> batches, RowKind kind);
  Result<void> write_level(std::vector<BlockRun> runs, Rollup rollup);
  Result<void> write_conversions(std::span<const PendingBatchPtr> batches);
  Result<void> write_reach(std::span<const PendingBatchPtr> batches);
  Result<void> write_block_rows();
  Result<void> write_offsets(std::span<const PendingBatchPtr> batches);

  DuckdbConnection& connection_;
  const SeriesTable& series_;
  std::size_t series_stored_;
  LevelMarks marks_;
  std::function<void()> rest_;
  std::size_t rows_ = 0;
  BlockRows block_rows_;
};

// The committed offsets, by shard.
struct ShardOffset {
  Seq seq = 0;
  TimeUs log_time_us = 0;
  std::uint64_t keys_max = kKeysMaxDefault;  // FactBatch::keys_max
};
Result<std::vector<ShardOffset>> read_offsets(DuckdbConnection& connection, std::uint16_t shards);
// FactWriter::attributed_from of each shard.
Result<std::vector<Seq>> read_attributed_from(DuckdbConnection& connection, std::uint16_t shards);

}  // namespace adbacus
