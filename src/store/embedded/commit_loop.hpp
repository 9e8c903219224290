// The store's background thread: commits pending batches, and between commits fills the index after
// a start, drops what it no longer keeps, sums closed days and months, and compacts closed blocks.
// An error of a commit means "unknown": the loop reopens the database and asks its offsets.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>

#include "base/clock.hpp"
#include "store/embedded/compaction.hpp"
#include "store/embedded/embedded_store.hpp"
#include "store/embedded/index_loader.hpp"
#include "store/embedded/pending_batches.hpp"
#include "store/embedded/store_database.hpp"

namespace adbacus {

class CommitLoop {
 public:
  struct Status {
    bool settled = false;  // no maintenance is left since the last commit
    bool failed = false;
    std::string failure;  // the last error, also while a commit is repeated
  };

  // All references must outlive the loop. `log_time_us` is that of the newest committed batch.
  CommitLoop(const EmbeddedStoreOptions& options, StoreDatabase& database,
             const SeriesTable& series, PendingBatches& pending, RecentIndex& index, Clock& clock,
             TimeUs log_time_us);
  ~CommitLoop();  // stops without committing

  // Reads what the database says about itself and begins to fill the index; `places` covers all
  // series that are stored.
  Result<void> prepare(const std::vector<SeriesPlaces::Place>& places);
  void start();
  void stop();
  bool much_waits() const;  // so that the writer should call wake()
  void wake();
  // Commits everything written before the call. unavailable after `wait_ms`, storage_full as soon
  // as a try finds no space; it is tried again all the same.
  Result<void> flush(int wait_ms);
  Status status() const;

 private:
  void run();
  bool wait_for_work();  // false: stop
  bool commit_due() const;
  void commit();
  // Takes those out of `batches` that an earlier commit had stored.
  Result<void> try_commit(std::vector<PendingBatchPtr>& batches);
  // After a failed commit: how many of the oldest batches are stored.
  Result<std::size_t> find_out(std::span<const PendingBatchPtr> batches);
  Result<void> read_state();
  void rest();  // after some of a commit's work
  bool in_a_hurry() const;
  void accept(const std::vector<PendingBatchPtr>& batches);
  void work();
  bool maintain();  // one step; false: nothing to do
  Result<bool> maintain_step();
  void fail(const Error& error, bool for_good);
  bool pause(int milliseconds);  // false: stop

  const EmbeddedStoreOptions options_;
  StoreDatabase& database_;
  const SeriesTable& series_;
  PendingBatches& pending_;
  RecentIndex& index_;
  Clock& clock_;

  // Of the thread.
  std::optional<DuckdbConnection> connection_;
  std::optional<IndexLoader> loader_;
  Compaction compaction_;
  LevelMarks marks_;
  std::size_t series_stored_ = 0;
  Period now_hour_ = 0;
  TimeUs committed_us_ = 0;  // monotonic, of the last commit
  TimeUs rested_us_ = 0;     // monotonic, end of the last rest
  int maintenance_failures_ = 0;

  mutable std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  Status status_;
  bool stopping_ = false;
  bool urgent_ = false;        // commit now: somebody waits in flush()
  bool woken_ = false;         // look whether a commit is due
  std::uint64_t refused_ = 0;  // tries that found no space
  std::thread thread_;
};

}  // namespace adbacus
