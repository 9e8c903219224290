#include "eventlog/embedded/embedded_log.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <fmt/core.h>
#include <mutex>
#include <thread>
#include <utility>

#include "base/held_wakes.hpp"
#include "base/logging.hpp"
#include "base/metrics.hpp"
#include "base/thread_name.hpp"
#include "eventlog/embedded/cache_trail.hpp"
#include "eventlog/embedded/commit_sequence.hpp"
#include "eventlog/embedded/segment_reader.hpp"
#include "eventlog/embedded/waiting_batch.hpp"

namespace adbacus {
namespace {

constexpr auto kProbeInterval = std::chrono::milliseconds(250);  // while the disk is full
constexpr auto kSpaceInterval = std::chrono::milliseconds(500);  // looks at free space
// A group costs about 50 us of CPU however small it is. So while many senders wait at a time, the
// next group begins no sooner than this after the last, unless there is much to write.
constexpr TimeUs kGroupSpacingUs = 400;
constexpr std::size_t kManyBatches = 8;  // in one group
constexpr std::size_t kGroupWorthBytes = std::size_t{64} << 10U;
constexpr std::size_t kAnswersHeldMax = 32;  // before those who wait for them are woken
constexpr std::uint64_t kSpareStepBytes = std::uint64_t{1} << 20U;
constexpr std::size_t kBatchOverheadBytes = 256;  // of a waiting batch beside its contents

// Two threads: one drives the commit sequence and answers, one makes space ready ahead of it.
class EmbeddedLog final : public EventLog {
 public:
  EmbeddedLog(FileSystem& fs, Clock& clock, EmbeddedLogOptions options,
              std::unique_ptr<CommitSequence> sequence)
      : fs_(fs),
        clock_(clock),
        options_(std::move(options)),
        sequence_(std::move(sequence)),
        trail_(fs, sequence_->segments()),
        waiting_gauge_("adbacus_log_waiting_bytes", "Bytes handed to the log, not yet durable", "",
                       [this] { return static_cast<double>(waiting_bytes_.load()); }),
        ids_gauge_("adbacus_log_ids", "Ids resident in the deduplication windows", "",
                   [this] { return static_cast<double>(sequence_->id_count()); }),
        synced_gauge_("adbacus_log_synced_seq", "Number of the newest durable event", "",
                      [this] { return static_cast<double>(sequence_->segments().synced_seq()); }) {
    committer_ = std::thread([this] { commit_loop(); });
    space_keeper_ = std::thread([this] { space_loop(); });
    name_thread(committer_, "log-commit");
    name_thread(space_keeper_, "log-space");
  }
  ~EmbeddedLog() override { close(); }

  const LogIdentity& identity() const override { return sequence_->identity(); }
  void append(AppendBatch batch, Done done) override;
  void append_control(ControlEntry entry, Done done) override;
  Result<void> visit_controls(Seq from,
                              const std::function<void(const LogControl&)>& visit) override {
    return SegmentReader(fs_, sequence_->segments()).visit_controls(from, visit);
  }
  std::unique_ptr<EventReader> reader() override {
    return std::make_unique<SegmentReader>(fs_, sequence_->segments());
  }
  LogStatus status() override;
  std::vector<SeqRange> accepted_losses() override { return sequence_->losses(); }
  Seq first_seq_since(TimeUs since_us) override {
    return sequence_->segments().first_seq_since(since_us);
  }
  Result<Seq> drop_before(Seq before_seq, TimeUs before_us) override {
    return sequence_->drop_before(before_seq, before_us);
  }
  void close() override;

 private:
  void hand_over(WaitingBatch waiting, Done done);
  Result<void> admit(std::size_t cost_bytes) const;  // mutex_ held
  void commit_loop();
  bool collect(std::unique_lock<std::mutex>& lock);
  void space_groups(std::unique_lock<std::mutex>& lock);
  void commit_next();
  Result<void> commit_group();
  Result<void> commit_control();
  void finish_group();
  void refuse_all(const Error& error);
  void probe();
  void space_loop();

  FileSystem& fs_;
  Clock& clock_;
  const EmbeddedLogOptions options_;
  std::unique_ptr<CommitSequence> sequence_;

  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<WaitingBatch> arrivals_;  // guarded by mutex_, as is all up to closing_
  std::string failure_;                 // not empty: for good
  std::string full_;                    // not empty: until space is back
  bool closing_ = false;
  std::atomic<std::size_t> waiting_bytes_{0};

  // The committer's own.
  std::deque<WaitingBatch> work_;
  std::vector<AppendSlice> slices_;  // of the group, one per batch from the front of work_
  std::uint64_t spare_steps_ = 0;
  TimeUs group_begun_us_ = 0;  // monotonic

  CacheTrail trail_;  // of the space keeper

  std::mutex close_mutex_;
  std::condition_variable space_wanted_;  // with mutex_
  bool space_kicked_ = false;             // guarded by mutex_
  bool space_stop_ = false;               // guarded by mutex_
  GaugeFn waiting_gauge_;
  GaugeFn ids_gauge_;
  GaugeFn synced_gauge_;
  std::thread committer_;
  std::thread space_keeper_;
};

Result<void> EmbeddedLog::admit(std::size_t cost_bytes) const {
  if (!failure_.empty()) return Error{ErrorCode::io, failure_};
  if (closing_) return Error{ErrorCode::unavailable, "the log is closing"};
  if (!full_.empty()) return Error{ErrorCode::storage_full, full_};
  if (sequence_->id_bytes() > options_.id_bytes_max) {
    return Error{ErrorCode::unavailable, "the deduplication windows have used up their memory"};
  }
  if (waiting_bytes_.load(std::memory_order_relaxed) + cost_bytes > options_.waiting_bytes_max) {
    return Error{ErrorCode::unavailable, "too many bytes wait for the log"};
  }
  return {};
}

void EmbeddedLog::append(AppendBatch batch, Done done) {
  if (auto good = check_batch(batch); !good) return done(good.error());
  if (batch.entries.empty()) {
    return done(AppendAck{
        .last_seq = sequence_->segments().synced_seq(), .duplicates = 0, .dispositions = {}});
  }
  const std::size_t cost =
      batch.bytes.size() + batch.entries.size() * sizeof(EntryMeta) + kBatchOverheadBytes;
  WaitingBatch waiting;
  waiting.batch = std::move(batch);
  waiting.cost_bytes = cost;
  hand_over(std::move(waiting), std::move(done));
}

void EmbeddedLog::append_control(ControlEntry entry, Done done) {
  if (entry.payload.size() > kControlBytesMax) {
    return done(Error{ErrorCode::invalid_argument, "append: a control entry is too long"});
  }
  WaitingBatch waiting;
  waiting.cost_bytes = entry.payload.size() + kBatchOverheadBytes;
  waiting.control = std::move(entry);
  hand_over(std::move(waiting), std::move(done));
}

void EmbeddedLog::hand_over(WaitingBatch waiting, Done done) {
  Result<void> admitted;
  bool wake = false;  // for the first, and when the wait between groups is over early
  {
    const std::lock_guard lock(mutex_);
    admitted = admit(waiting.cost_bytes);
    if (admitted) {
      waiting.done = std::move(done);
      const std::size_t before =
          waiting_bytes_.fetch_add(waiting.cost_bytes, std::memory_order_relaxed);
      wake = arrivals_.empty() ||
             (before < kGroupWorthBytes && before + waiting.cost_bytes >= kGroupWorthBytes);
      arrivals_.push_back(std::move(waiting));
    }
  }
  if (!admitted) return done(admitted.error());
  if (wake) arrived_.notify_one();
}

void EmbeddedLog::space_groups(std::unique_lock<std::mutex>& lock) {
  if (slices_.size() < kManyBatches) return;
  const TimeUs early_us =
      std::clamp<TimeUs>(group_begun_us_ + kGroupSpacingUs - clock_.mono_us(), 0, kGroupSpacingUs);
  arrived_.wait_for(lock, std::chrono::microseconds(early_us), [&] {
    return waiting_bytes_.load(std::memory_order_relaxed) >= kGroupWorthBytes || closing_ ||
           !full_.empty();
  });
}

// Moves what arrived behind the work in hand; false when there is nothing left to do.
bool EmbeddedLog::collect(std::unique_lock<std::mutex>& lock) {
  if (work_.empty()) {
    arrived_.wait(lock, [&] { return !arrivals_.empty() || closing_ || !full_.empty(); });
    space_groups(lock);
    group_begun_us_ = clock_.mono_us();
  }
  std::move(arrivals_.begin(), arrivals_.end(), std::back_inserter(work_));
  arrivals_.clear();
  return !(work_.empty() && closing_);
}

void EmbeddedLog::commit_loop() {
  for (;;) {
    std::string full;
    {
      std::unique_lock lock(mutex_);
      if (!collect(lock)) return;
      full = full_;
    }
    if (!full.empty()) {
      refuse_all({ErrorCode::storage_full, full});
      probe();
    } else {
      commit_next();
    }
  }
}

void EmbeddedLog::commit_next() {
  const auto committed = work_.front().control ? commit_control() : commit_group();
  if (committed) return finish_group();
  const Error& error = committed.error();
  {
    const std::lock_guard lock(mutex_);
    (error.code == ErrorCode::storage_full ? full_ : failure_) = error.message;
  }
  log_error("the log cannot commit", {{"error", error.message}});
  refuse_all(error);
}

// The front of the work alone.
Result<void> EmbeddedLog::commit_control() {
  WaitingBatch& waiting = work_.front();
  auto seq = sequence_->commit_control(*waiting.control);
  if (!seq) return seq.error();
  slices_.assign(1, AppendSlice{.last_seq = *seq});
  return {};
}

// One group: whole batches from the front while they fit, the last one perhaps in part.
Result<void> EmbeddedLog::commit_group() {
  slices_.clear();
  std::size_t bytes = 0;
  std::size_t entries = 0;
  for (WaitingBatch& waiting : work_) {
    if (waiting.control) break;
    const auto& metas = waiting.batch.entries;
    if (waiting.dispositions.empty()) waiting.dispositions.resize(metas.size());
    std::uint32_t end = waiting.next;
    while (end < metas.size() && entries < kGroupEntriesMax &&
           (bytes == 0 || bytes + metas[end].length <= options_.group_bytes_max)) {
      bytes += metas[end++].length;
      ++entries;
    }
    if (end == waiting.next) break;
    slices_.push_back({.batch = &waiting.batch,
                       .begin = waiting.next,
                       .end = end,
                       .dispositions = waiting.dispositions.data() + waiting.next,
                       .last_seq = 0});
    if (end < metas.size()) break;
  }
  return sequence_->commit(slices_);
}

void EmbeddedLog::finish_group() {
  HeldWakes held;
  std::size_t answered = 0;
  for (const AppendSlice& slice : slices_) {
    WaitingBatch& waiting = work_.front();
    waiting.next = slice.end;
    waiting.last_seq = std::max(waiting.last_seq, slice.last_seq);
    if (waiting.next < waiting.batch.entries.size()) break;
    waiting_bytes_.fetch_sub(waiting.cost_bytes, std::memory_order_relaxed);
    waiting.done(ack_of(waiting));
    work_.pop_front();
    if (++answered % kAnswersHeldMax == 0) held.release();
  }
  const std::uint64_t steps = sequence_->active_bytes() / kSpareStepBytes;
  if (steps == spare_steps_) return;
  spare_steps_ = steps;
  const std::lock_guard lock(mutex_);
  space_kicked_ = true;
  space_wanted_.notify_one();
}

void EmbeddedLog::refuse_all(const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    std::move(arrivals_.begin(), arrivals_.end(), std::back_inserter(work_));
    arrivals_.clear();
  }
  for (WaitingBatch& waiting : work_) {
    waiting_bytes_.fetch_sub(waiting.cost_bytes, std::memory_order_relaxed);
    waiting.done(error);
  }
  work_.clear();
}

void EmbeddedLog::probe() {
  auto ready = sequence_->prepare_space();
  if (ready) ready = sequence_->probe();
  std::unique_lock lock(mutex_);
  if (ready) {
    full_.clear();
    log_info("the log has space again");
    return;
  }
  if (ready.error().code == ErrorCode::storage_full) {
    arrived_.wait_for(lock, kProbeInterval, [&] { return closing_; });
  } else {
    failure_ = ready.error().message;
    full_.clear();
  }
  if (closing_) full_.clear();  // nothing waits any more: let the loop end
}

void EmbeddedLog::space_loop() {
  std::unique_lock lock(mutex_);
  while (!space_stop_) {
    if (full_.empty() && failure_.empty()) {
      lock.unlock();
      auto ready = sequence_->prepare_space();
      trail_.follow();
      lock.lock();
      if (!ready && ready.error().code == ErrorCode::storage_full) {
        log_error("the log's disk is full", {{"error", ready.error().message}});
        full_ = ready.error().message;
        arrived_.notify_one();
      } else if (!ready) {
        log_warn("the next log segment cannot be prepared", {{"error", ready.error().message}});
      }
    }
    space_wanted_.wait_for(lock, kSpaceInterval, [&] { return space_kicked_ || space_stop_; });
    space_kicked_ = false;
  }
}

LogStatus EmbeddedLog::status() {
  const SegmentList& segments = sequence_->segments();
  LogStatus status;
  status.first_seq = segments.first_seq();
  status.oldest_part_end = segments.oldest_sealed_seq();
  status.synced_seq = segments.synced_seq();
  status.synced_time_us = segments.synced_time_us();
  status.bytes = segments.bytes();
  status.waiting_bytes = waiting_bytes_.load();
  status.id_count = sequence_->id_count();
  status.id_bytes = sequence_->id_bytes();
  status.clock_stepped = sequence_->clock_stepped();
  const std::lock_guard lock(mutex_);
  status.storage_full = !full_.empty();
  status.failed = !failure_.empty();
  status.failure = failure_;
  return status;
}

void EmbeddedLog::close() {
  const std::lock_guard once(close_mutex_);
  if (!committer_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  arrived_.notify_one();
  committer_.join();
  sequence_->stop_preparing();
  {
    const std::lock_guard lock(mutex_);
    space_stop_ = true;
  }
  space_wanted_.notify_one();
  space_keeper_.join();
  sequence_->segments().stop_waiting();
  if (auto closed = sequence_->close(); !closed) {
    log_error("the log was not closed in order", {{"error", closed.error().message}});
  }
}

}  // namespace

Result<std::unique_ptr<EventLog>> open_embedded_log(FileSystem& fs, Clock& clock,
                                                    EmbeddedLogOptions options) {
  auto sequence = CommitSequence::open(fs, clock, options);
  if (!sequence) return sequence.error();
  return std::unique_ptr<EventLog>(
      std::make_unique<EmbeddedLog>(fs, clock, std::move(options), std::move(*sequence)));
}

}  // namespace adbacus
