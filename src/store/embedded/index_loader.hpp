// Fills the index after a start with what the database held then, newest hours first, in bounded
// steps. Reads one snapshot from the start on, so rows written meanwhile are not taken twice.
// Used by the store's background thread.
#pragma once

#include <array>
#include <vector>

#include "store/embedded/compaction.hpp"
#include "store/embedded/duckdb_connection.hpp"
#include "store/embedded/recent_index.hpp"

namespace adbacus {

class IndexLoader {
 public:
  // Before any batch is written. `blocks` says which hours have rows, `places` covers all series.
  static Result<IndexLoader> begin(DuckdbConnection connection, RecentIndex& index,
                                   const Compaction::Blocks& blocks,
                                   std::vector<SeriesPlaces::Place> places);
  // False: everything that the index keeps is loaded, or it is full.
  Result<bool> step();

 private:
  struct Hour {
    Period hour = 0;
    std::int64_t rows = 0;
  };
  IndexLoader(DuckdbConnection connection, RecentIndex& index,
              std::vector<SeriesPlaces::Place> places)
      : connection_(std::move(connection)), index_(&index), places_(std::move(places)) {}
  Result<void> load_newest(RowKind kind, std::vector<Hour>& hours);
  Result<std::vector<RollupRow>> read(RowKind kind, Period from, Period end);

  DuckdbConnection connection_;
  RecentIndex* index_;
  std::vector<SeriesPlaces::Place> places_;
  std::array<std::vector<Hour>, kRowKinds> hours_;  // to load, the newest last
};

}  // namespace adbacus
