// Runs the fold: reads the log from where the sinks stand, folds, and hands facts to the store and
// rows to the lake. One thread of its own; start() and stop() from the owner, the rest thread-safe.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/clock.hpp"
#include "eventlog/event_log.hpp"
#include "processor/attribution/touch_files.hpp"
#include "processor/dead_letter_book.hpp"
#include "processor/fold.hpp"
#include "processor/poison_guard.hpp"
#include "store/analytics_store.hpp"

namespace adbacus {

struct PipelineOptions {
  std::size_t read_bytes_max = 1U << 20U;  // of log records per step
  // The time between two flushes is kFlushShare times what the last one took, within these bounds:
  // little traffic is visible at once, and much of it is summed longer, as most of its rows repeat.
  TimeUs flush_spacing_us = 5 * kMillisecondUs;
  TimeUs flush_interval_us = 500 * kMillisecondUs;
  // While the fold is behind, what it counts is late anyway: it flushes less and catches up sooner.
  TimeUs flush_behind_us = 1 * kSecondUs;
  std::size_t rows_max = 400'000;  // accumulated rows that force a flush
  std::uint32_t tries_max = 3;     // failures of one entry before it is skipped
  // Open ones; then the fold stops: it is not the events.
  std::uint64_t dead_letters_max = 10'000;
  // New keys of a tenant, cube and day. The fold goes by what the log says, where `serve` puts this
  // (key_bound_order.hpp).
  std::uint64_t keys_max = kKeysMaxDefault;
};

struct PipelineStatus {
  Seq position = 0;        // folded and handed to the store
  TimeUs log_time_us = 0;  // of that position
  std::uint64_t lag_events = 0;
  TimeUs lag_us = 0;          // age of the oldest event that was read but is not visible yet
  TimeUs oldest_open_us = 0;  // its log time; 0 if there is none
  DeadLetterBook::Totals dead_letters;
  Seq failing_seq = 0;  // the entry that is being tried again; 0: none
  bool failed = false;
  std::string failure;
};

class BatchPool;

class Pipeline {
 public:
  // The log, the sinks and the clock must outlive the pipeline. `lake` may be null. Without a
  // guard an entry that cannot be folded stops the pipeline for good.
  Pipeline(EventLog& log, FactWriter& store, LakeWriter* lake, Clock& clock,
           PipelineOptions options, std::unique_ptr<PoisonGuard> guard);
  ~Pipeline();  // stops

  // Before start(): where touches are kept between two runs. Without it every start reads the log
  // from its beginning for them.
  void keep_touches(std::unique_ptr<TouchFiles> files);
  Result<void> start();
  // Folds what is durable now, flushes, and joins. Idempotent.
  void stop();
  PipelineStatus status() const;
  const DeadLetterBook& dead_letters() const { return book_; }
  // Everything up to `seq` is folded; false after timeout_ms or on failure.
  bool wait_folded(Seq seq, int timeout_ms);

 private:
  void run();
  void follow_log();
  Result<void> step(EventReader& reader, int wait_ms);
  void space_steps(TimeUs begin_us);
  Result<void> step_or_start_over(std::unique_ptr<EventReader>& reader, int wait_ms);
  bool start_over();
  Seq sinks_have() const;
  Result<void> make_fold();
  Result<void> fold_failed(Result<void> error);
  Result<void> flush();
  Result<void> write(FactBatch batch);
  void note_read(const LogBatch& batch);
  void fail(const Error& error);
  Result<void> load_dead_letters();
  enum class Next { go_on, stop };
  Result<Next> settle_failure(const Error& error);
  Result<Next> settle_suspects();
  Result<Next> skip(Seq seq, std::uint32_t tries, const std::string& reason);
  void note_failing(Seq seq);

  EventLog& log_;
  FactWriter& store_;
  LakeWriter* lake_;
  Clock& clock_;
  const PipelineOptions options_;
  DeadLetterBook book_;
  std::unique_ptr<PoisonGuard> guard_;
  std::unique_ptr<TouchFiles> touches_;
  std::size_t step_events_ = 0;  // that the last step read
  Seq failed_entry_ = 0;         // that ended the last step; 0: none
  Seq counted_ = 0;              // in the store when the fold started
  std::unique_ptr<Fold> fold_;   // of the running thread
  TimeUs flushed_us_ = 0;        // monotonic, when the last flush ended
  TimeUs flush_due_us_ = 0;      // after that
  std::shared_ptr<BatchPool> batches_;
  Seq lake_from_ = 0;  // the lake takes events behind it

  // Handed to the sinks, and what the fold knew there: a new one can go on from it.
  struct Written {
    Seq seq = 0;  // to the store
    Seq lake = 0;
    std::uint64_t keys_max = kKeysMaxDefault;
    std::size_t series = 0;
  };
  Written written_;

  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;  // guards status_
  std::condition_variable advanced_;
  PipelineStatus status_;
  std::thread thread_;
};

}  // namespace adbacus
