// The analytics store on one machine: DuckDB for what is committed, sorted runs in memory for
// recent hours and for batches that wait for their commit. All calls are thread-safe; one
// background thread commits, compacts and fills the index.
#pragma once

#include <memory>
#include <string>

#include "base/clock.hpp"
#include "store/analytics_store.hpp"
#include "store/embedded/recent_index.hpp"

namespace adbacus {

struct EmbeddedStoreOptions {
  std::string path;      // of store.duckdb; its folder must exist
  std::string log_uuid;  // a store of another log is refused
  std::uint16_t shards = 1;

  // A commit is due while batches wait: at the latest after this time, or beyond so many events
  // (that a restart would have to count again), or so many bytes (about eight million rows).
  int commit_interval_ms = 60'000;
  Seq commit_events_max = 8'000'000;
  std::size_t commit_bytes_max = std::size_t{128} << 20U;       // also of one transaction
  std::size_t uncommitted_bytes_max = std::size_t{384} << 20U;  // write() waits beyond it

  RecentIndexOptions index;
  Period compact_grace_hours = 1;  // after an hour's end
  Period derive_grace_hours = 2;   // after a day's end

  std::size_t duckdb_memory_mb = 512;
  int duckdb_threads = 1;      // more would spin while they wait for each other in a commit
  int wal_checkpoint_mb = 64;  // the write-ahead log is folded into the file at this size
  int connections_max = 4;     // queries of the database at the same time; more wait

  int commit_attempts_max = 8;  // of one commit, before the store counts as failed; a full disk is
                                // waited out for ever
};

// The first part of opening reads the offset only; finish_opening() loads the series, which takes a
// second a million. corrupt, of either: the file cannot be read and must be rebuilt by replay;
// conflict: another process holds it or it belongs to another log.
Result<std::unique_ptr<OpeningStore>> begin_embedded_store(const EmbeddedStoreOptions& options,
                                                           Clock& clock);
Result<std::unique_ptr<AnalyticsStore>> open_embedded_store(const EmbeddedStoreOptions& options,
                                                            Clock& clock);  // begins and finishes

}  // namespace adbacus
