// One node on one data folder: catalog, store, lake, log and the pipeline between them, opened in
// the order of the data and closed in reverse. Commands and the server use it; opening and closing
// belong to one thread.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "app/config.hpp"
#include "app/data_folder.hpp"
#include "app/log_retention.hpp"
#include "app/ops_routes.hpp"
#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "catalog/catalog.hpp"
#include "eventlog/registry.hpp"
#include "objects/object_store.hpp"
#include "processor/pipeline.hpp"
#include "store/analytics_store.hpp"
#include "store/event_lake.hpp"

namespace adbacus {

struct NodeOptions {
  std::optional<SeqRange> accept_loss;  // damage that the operator gave up
  bool may_create = true;               // false: not_found unless the data folder is there
  bool rebuild = false;      // wipe derived data first; the pipeline folds all of the log
  bool new_catalog = false;  // make one beside a log that is there
  bool may_mend = true;      // false: a store or lake that cannot be read is corrupt, not rebuilt
};

class Node {
 public:
  // begin() and finish(): everything is open and the pipeline runs when it returns. A store that
  // cannot be read is set aside and a lake removed, and both are rebuilt from the log: health()
  // says so. So they are when an import run was dropped since, and when events that they hold were
  // lost and the loss was accepted. fs and clock must outlive the node.
  static Result<std::unique_ptr<Node>> open(FileSystem& fs, Clock& clock, const Config& config,
                                            const NodeOptions& options);
  // The catalog and the log are open when it returns, so events may be taken in; store(), lake()
  // and pipeline() are null until finish() was called, once, by the thread that began.
  static Result<std::unique_ptr<Node>> begin(FileSystem& fs, Clock& clock, const Config& config,
                                             const NodeOptions& options);
  Result<void> finish();
  ~Node();  // closes

  // Needs the role `process`. Everything durable in the log is folded, visible and committed in
  // store and lake. `progress` is called now and then with (folded, end).
  Result<void> catch_up(const std::function<void(Seq, Seq)>& progress);
  // Stops the pipeline, commits, closes; within some 25 s. What it does not come to, as on a full
  // disk, stays in the log and is no error. Idempotent; the first error.
  Result<void> close();

  const DataPaths& paths() const { return folder_.paths(); }
  Catalog& catalog() { return *catalog_; }
  EventLog& log() { return *log_; }
  // The following are null in a process without the role `process`. Thread-safe.
  AnalyticsStore* store() { return is_finished_ ? store_.get() : nullptr; }
  EventLake* lake() { return is_finished_ ? lake_.get() : nullptr; }  // also null if switched off
  Pipeline* pipeline() { return is_finished_ ? pipeline_.get() : nullptr; }
  // Null if this process does not process events.
  std::unique_ptr<LogRetention> retention(const RetentionOptions& options);
  NodeHealth health();  // thread-safe
  void set_draining() { draining_ = true; }

 private:
  Node(FileSystem& fs, Clock& clock, const Config& config, DataFolder folder,
       const NodeOptions& options);
  CatalogOptions catalog_options() const;
  Result<std::string> lost_catalog();
  Result<void> open_catalog();
  Error catalog_error(const Error& error) const;
  Result<void> begin_parts();
  Result<void> note_missing();
  Result<void> begin_derived(const LogIdentity& identity);  // store and lake
  Result<void> open_log(const EventLogConfig& config);
  Result<void> finish_store();
  Result<void> rebuild_outdated();
  Result<void> set_store_aside(const Error& why);
  Result<void> open_lake(bool may_mend);
  Result<void> close_processing();
  void note_mending(const char* part, const std::string& why);
  Result<void> wipe_derived();
  Error not_rebuildable(const std::string& detail) const;

  FileSystem& fs_;
  Clock& clock_;
  const Config& config_;
  DataFolder folder_;
  const NodeOptions options_;
  std::atomic<bool> draining_{false};
  std::atomic<bool> is_finished_{false};
  bool closed_ = false;
  Seq log_first_seq_ = 1;
  Seq stored_ = 0;                // what the store had taken when it was begun
  Seq in_lake_ = 0;               // the same of the lake
  std::vector<SeqRange> losses_;  // accepted ones
  std::vector<Mending> mendings_;
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<ObjectStore> objects_;
  std::unique_ptr<OpeningStore> opening_store_;  // between begin() and finish()
  std::unique_ptr<AnalyticsStore> store_;
  std::unique_ptr<EventLake> lake_;
  std::unique_ptr<EventLog> log_;
  std::unique_ptr<Pipeline> pipeline_;
};

}  // namespace adbacus
