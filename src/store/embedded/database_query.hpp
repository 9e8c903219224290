// Answers a report from the database: picks the coarsest level for each stretch of the range and
// lets DuckDB sum. Belongs to one connection and one thread at a time.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "store/embedded/batch_commit.hpp"
#include "store/embedded/duckdb_connection.hpp"
#include "store/embedded/hour_plan.hpp"
#include "store/embedded/level_marks.hpp"
#include "store/embedded/reach_registers.hpp"
#include "store/group_sums.hpp"

namespace adbacus {

// Distinct users per bucket and group while a query collects them.
class ReachSums {
 public:
  static constexpr std::size_t kCellsMax = 16'384;  // 64 MB of registers

  // Null: too many cells.
  ReachRegisters* at(TimeUs bucket_us, std::uint32_t group);
  void finish(GroupSums& sums) const;

 private:
  std::map<std::pair<TimeUs, std::uint32_t>, ReachRegisters> cells_;
};

// Adds the registers of a batch that is not committed yet, or is: merging twice changes nothing.
Result<void> add_pending_reach(const PendingBatch& batch, const HourPlan& plan, GroupSums& groups,
                               ReachSums& reach);

class DatabaseQuery {
 public:
  explicit DatabaseQuery(DuckdbConnection connection) : connection_(std::move(connection)) {}

  // Begins a read of one consistent state and tells its offsets; end() must follow.
  Result<std::vector<ShardOffset>> begin(std::uint16_t shards);
  // Adds what that state holds. `series` are the candidates: those the filters keep out are left
  // out.
  Result<void> add_counters(const RollupQuery& query, const HourPlan& plan,
                            const std::vector<SeriesId>& series, GroupSums& sums);
  // Every hour of the plan must be whole.
  Result<void> add_reach(const HourPlan& plan, GroupSums& groups,
                         const std::vector<SeriesId>& series, ReachSums& reach);
  void end();
  DuckdbConnection& connection() { return connection_; }

 private:
  // (level, period) -> bucket
  using Buckets = std::array<std::vector<std::pair<Period, TimeUs>>, 4>;
  static Buckets choose_levels(const HourPlan& plan, const LevelMarks::Cubes& marks);
  Result<void> prepare_tables();
  Result<bool> fill_series(const std::vector<SeriesId>& series, GroupSums& sums);
  Result<void> fill_periods(const Buckets& buckets);

  DuckdbConnection connection_;
  bool prepared_ = false;
};

}  // namespace adbacus
