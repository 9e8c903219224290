// The analytics store: rollups, facts and the fold's offsets. Three narrow views of one thing:
// the processor writes, reports read, app/ops watches.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "store/fact_batch.hpp"
#include "store/report_query.hpp"
#include "store/series_table.hpp"

namespace adbacus {

class FactWriter {
 public:
  virtual ~FactWriter() = default;
  virtual SeriesTable& series() = 0;
  // The shard's committed position: the fold starts behind it. 0 for a new store.
  virtual Result<Seq> committed(std::uint16_t shard) = 0;
  // What FactBatch::keys_max was there, for a shard that committed() knows. The series() of a newly
  // opened store are exactly those that were interned by then: the fold goes on as if it had never
  // stopped.
  virtual std::uint64_t keys_max(std::uint16_t shard) = 0;
  // No conversion up to here has attributed rows, nor ever gets some: an earlier version of the
  // program folded it.
  virtual Seq attributed_from(std::uint16_t) { return 0; }
  // Makes the batch visible to readers at once and durable with the next commit (at most
  // commit_interval_ms later). A batch at or below the committed position is a no-op; a gap is
  // corrupt. Blocks while too many uncommitted batches wait (back-pressure).
  virtual Result<void> write(FactBatch batch) = 0;
};

class ReportReader {
 public:
  virtual ~ReportReader() = default;
  // Thread-safe. Does not wait for `after`: see wait_visible.
  virtual Result<RollupResult> query(const RollupQuery& query) = 0;
  // Waits until everything up to seq is visible to query(); false after timeout_ms.
  virtual bool wait_visible(Seq seq, int timeout_ms) = 0;
  // Newest position visible to readers, over all shards.
  virtual Seq visible() = 0;
  // True if query() would answer from memory in some tens of microseconds, without waiting for I/O:
  // then the caller may ask from an I/O thread. Thread-safe and itself that quick.
  virtual bool answers_quickly(const RollupQuery&) { return false; }
};

struct StoreStatus {
  Seq committed = 0;  // smallest over shards
  Seq visible = 0;
  std::size_t uncommitted_batches = 0;
  std::uint64_t disk_bytes = 0;
  std::size_t index_rows = 0;
  std::size_t index_bytes = 0;
  bool settled = true;  // nothing is left to commit, load, derive or compact
  bool failed = false;
  std::string failure;
};

class AnalyticsStore : public FactWriter, public ReportReader {
 public:
  virtual Result<void> flush() = 0;  // commits everything written so far
  virtual StoreStatus status() = 0;
  // Every aggregate as sorted text lines "cube|level|period|dims…|slice|counters…" of committed and
  // visible state, for verify and byte-identity tests; calls sink for each line.
  virtual Result<void> dump(const std::string& tenant_or_empty,
                            const std::function<void(std::string_view)>& sink) = 0;
  virtual void close() = 0;  // flush and release; idempotent
};

// A store of which little more is known yet than how far it is committed: enough to open the log,
// which may happen while another thread finishes.
class OpeningStore {
 public:
  virtual ~OpeningStore() = default;
  virtual Seq committed(std::uint16_t shard) const = 0;
  // Once; at most one thread at a time uses this object.
  virtual Result<std::unique_ptr<AnalyticsStore>> finish_opening() = 0;
};

// The raw event lake: Parquet files, and a manifest that decides what is visible.
class LakeWriter {
 public:
  virtual ~LakeWriter() = default;
  virtual Result<Seq> committed() = 0;
  // Takes the batch's rows (no-op at or below committed()); files are cut by the writer.
  virtual Result<void> write(LakeBatch batch) = 0;
  // Cuts what is open, now. storage_full: it found no space, and is tried again in the background.
  virtual Result<void> flush() = 0;
  virtual void close() = 0;
};

}  // namespace adbacus
