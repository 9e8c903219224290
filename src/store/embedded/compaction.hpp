// Rewrites the rows of closed blocks (an hour of minutes, an hour, a day, a month) so that each
// series, period and slice has one row again. Steps are bounded by rows; each is a transaction of
// its own. Used by the store's background thread between commits.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "store/embedded/batch_commit.hpp"
#include "store/embedded/duckdb_connection.hpp"
#include "store/embedded/store_schema.hpp"

namespace adbacus {

struct CompactionOptions {
  Period grace_hours = 1;                  // a block is closed this long after its end
  std::int64_t step_rows_max = 2'000'000;  // rewritten in one transaction
};

class Compaction {
 public:
  struct Block {
    std::int64_t compacted = 0;  // rows as of the last compaction
    std::int64_t added = 0;      // rows written since
    std::int64_t commits = 0;    // that added them
  };
  using Blocks = std::map<std::pair<Rollup, Period>, Block>;

  explicit Compaction(CompactionOptions options) : options_(options) {}

  Result<void> load(DuckdbConnection& connection);  // starts anew from the database
  void note(const BlockRows& rows);                 // of a commit
  // Rewrites some neighbouring blocks, or a part of a large one. False: nothing to do at
  // `now_hour`.
  Result<bool> step(DuckdbConnection& connection, Period now_hour);
  const Blocks& blocks() const { return blocks_; }

 private:
  using Key = std::pair<Rollup, Period>;
  struct Work {
    Rollup rollup = Rollup::traffic_minute;
    Period first = 0;  // blocks, both inclusive
    Period last = 0;
    std::int64_t rows_before = 0;
    std::int64_t next_series = 0;         // parts of the block before it are done
    std::map<Period, std::int64_t> rows;  // by block, left by the parts done so far
  };
  bool due(const Key& key, const Block& block, Period now_hour) const;
  bool choose(Period now_hour);
  Result<std::int64_t> next_part(DuckdbConnection& connection) const;
  std::string where(std::int64_t series_end) const;
  Result<void> rewrite_counters(DuckdbConnection& connection, const std::string& rows);
  Result<void> rewrite_reach(DuckdbConnection& connection, const std::string& rows);
  Result<void> write_notes(DuckdbConnection& connection) const;

  const CompactionOptions options_;
  Blocks blocks_;
  bool working_ = false;
  Work work_;
};

}  // namespace adbacus
