// The recent rollup rows in memory: for each tenant and cube, hours of sorted immutable runs. A
// batch is installed per table under the table's lock by swapping pointers, so readers see all of
// it or nothing and never wait for sorting or merging. Thread-safe; changes are serialised by one
// lock.
//
// Completeness: for each row kind, every row of hours >= covered_from is here; older hours are only
// in the database.
#pragma once

#include <array>
#include <atomic>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <utility>
#include <vector>

#include "store/embedded/fact_runs.hpp"

namespace adbacus {

struct RecentIndexOptions {
  Period minute_hours = 72;     // how far back minutes of traffic are kept; 0: not at all
  Period hour_hours = 24 * 40;  // and hours, of both cubes
  std::size_t bytes_max = std::size_t{768} << 20U;  // beyond it the oldest hours go early
};

class RecentIndex {
 public:
  struct Block {
    std::vector<RowRunPtr> runs;  // oldest first
    std::size_t rows = 0;
    std::size_t bytes = 0;
  };
  using BlockPtr = std::shared_ptr<const Block>;
  using Wanted = std::pair<RowKind, Period>;  // an hour's rows of one kind

  explicit RecentIndex(RecentIndexOptions options);

  // Recovery, before anything else: the database has rows of hours below `end`.
  void stored_until(RowKind kind, Period end);
  // Takes in a batch whose newest event was logged in `now_hour`.
  void add(const FactRuns& runs, Period now_hour);
  // Recovery: all rows the database held of hours in [from, covered_from), as far as they are kept.
  void load(RowKind kind, Period from, const FactRuns& runs);
  // The log's hour, before the first add().
  void start_at(Period now_hour);
  // Drops what is past the horizon or the memory bound.
  void evict();

  // The blocks in the order asked for, null where an hour has no rows; all of one instant.
  // False: not everything asked for is here.
  bool collect(TableNumber table, std::span<const Wanted> wanted, std::vector<BlockPtr>& out) const;
  Period covered_from(RowKind kind) const { return of(kind).covered_from; }
  Period kept_from(RowKind kind) const { return of(kind).kept_from; }
  std::size_t rows() const;
  std::size_t bytes() const;
  bool full() const { return bytes() > options_.bytes_max / 10 * 9; }

 private:
  using Hours = std::map<Period, BlockPtr>;
  struct Table {
    mutable std::mutex mutex;  // guards hours; held for pointer swaps only
    std::array<Hours, kRowKinds> hours;
  };
  struct Kind {
    Period horizon = 0;
    std::atomic<Period> kept_from{std::numeric_limits<Period>::min()};
    std::atomic<Period> covered_from{std::numeric_limits<Period>::min()};
    std::atomic<std::size_t> rows{0};
    std::atomic<std::size_t> bytes{0};
  };

  Kind& of(RowKind kind) { return kinds_[static_cast<std::size_t>(kind)]; }
  const Kind& of(RowKind kind) const { return kinds_[static_cast<std::size_t>(kind)]; }
  Table* find(TableNumber table) const;  // null if it has no rows
  Table& make(TableNumber table);
  void install(std::span<const BlockRun> runs);  // all of one table
  void replace(Kind& kind, const BlockPtr& old, const BlockPtr& with);
  void settle_hours(Period from, Period to);
  void raise(RowKind kind, Period from);
  Period oldest_hour(RowKind kind) const;

  const RecentIndexOptions options_;
  std::array<Kind, kRowKinds> kinds_;
  std::mutex change_mutex_;                               // serialises add, load and evict
  Period now_hour_ = std::numeric_limits<Period>::min();  // guarded by change_mutex_
  mutable std::shared_mutex tables_mutex_;                // guards tables_
  std::vector<std::unique_ptr<Table>> tables_;            // by TableNumber, null: no rows
};

}  // namespace adbacus
