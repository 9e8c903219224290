// A batch's rollup rows as sorted runs, one per tenant, cube, level and UTC hour. The index takes
// them in, queries of older ranges read those that are not committed yet, and a commit merges them.
#pragma once

#include <compare>
#include <vector>

#include "store/embedded/row_run.hpp"
#include "store/embedded/series_places.hpp"
#include "store/fact_batch.hpp"

namespace adbacus {

// What the store keeps rows of. traffic_hour is derived from the minutes as they arrive.
enum class RowKind : std::uint8_t { traffic_minute, traffic_hour, breakdown_hour };
inline constexpr std::size_t kRowKinds = 3;

struct BlockKey {
  TableNumber table = 0;
  RowKind kind = RowKind::traffic_minute;
  Period hour = 0;
  friend auto operator<=>(const BlockKey&, const BlockKey&) = default;
};

struct BlockRun {
  BlockKey key;
  RowRunPtr run;
};

// Sorted by key, keys unique. Every series of the rows must be in `places`.
using FactRuns = std::vector<BlockRun>;
FactRuns make_fact_runs(const FactBatch& batch, const std::vector<SeriesPlaces::Place>& places);
// Of rows as the database holds them; `kind` says what their periods are.
FactRuns make_runs(const std::vector<RollupRow>& rows, RowKind kind,
                   const std::vector<SeriesPlaces::Place>& places);
std::size_t bytes_of(const FactRuns& runs);

}  // namespace adbacus
