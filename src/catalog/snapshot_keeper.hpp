// Keeps a CatalogSnapshot at most about half a second behind the catalog, whichever process changed
// it, and at once after refresh(). While the catalog cannot be read the last snapshot goes on; its
// age is in the metrics (adbacus_catalog_snapshot_age_seconds). All public calls are thread-safe.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "base/periodic_thread.hpp"
#include "catalog/snapshot.hpp"

namespace adbacus {

struct SnapshotKeeperOptions {
  int interval_ms = 500;
  std::size_t batch_max = 5'000;  // changes read at a time
};

class SnapshotKeeper {
 public:
  // Fails if the catalog cannot be read now. store and clock must outlive the object.
  static Result<std::unique_ptr<SnapshotKeeper>> start(EntityStore& store, Clock& clock,
                                                       const SnapshotKeeperOptions& options);
  ~SnapshotKeeper();
  SnapshotKeeper(const SnapshotKeeper&) = delete;
  SnapshotKeeper& operator=(const SnapshotKeeper&) = delete;

  // Never null; waits for no I/O.
  std::shared_ptr<const CatalogSnapshot> snapshot() const;
  // Reads what changed, now; for whoever just changed something in this process.
  Result<void> refresh();
  // Since the catalog was last seen to hold nothing newer.
  TimeUs age_us() const;

 private:
  SnapshotKeeper(EntityStore& store, Clock& clock, const SnapshotKeeperOptions& options);
  void keep_fresh();  // starts the thread

  EntityStore& store_;
  Clock& clock_;
  const SnapshotKeeperOptions options_;
  std::mutex refresh_mutex_;           // one refresh at a time
  mutable std::mutex snapshot_mutex_;  // guards the pointer only; held for a copy
  std::shared_ptr<const CatalogSnapshot> snapshot_;
  std::atomic<TimeUs> fresh_us_{0};  // monotonic
  GaugeFn age_gauge_;
  PeriodicThread thread_;
};

}  // namespace adbacus
