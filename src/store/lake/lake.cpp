#include "store/lake/lake.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <fmt/format.h>
#include <mutex>
#include <new>
#include <thread>

#include "base/breather.hpp"
#include "base/logging.hpp"
#include "base/rng.hpp"
#include "base/thread_name.hpp"
#include "base/thread_priority.hpp"
#include "store/lake/compaction.hpp"
#include "store/lake/damage_watch.hpp"
#include "store/lake/duckdb_session.hpp"
#include "store/lake/event_query.hpp"
#include "store/lake/lake_intake.hpp"
#include "store/lake/visible_files.hpp"

namespace adbacus {
namespace {

constexpr int kRestsPerWork = 4;
constexpr auto kTick = std::chrono::seconds(1);  // how often idle threads look around

class Lake final : public EventLake {
 public:
  Lake(FileSystem& files, Clock& clock, const LakeOptions& options,
       std::unique_ptr<VisibleFiles> visible, std::unique_ptr<DamageWatch> damage)
      : files_(files),
        clock_(clock),
        options_(options),
        visible_(std::move(visible)),
        damage_(std::move(damage)),
        intake_(options_, *visible_, secure_random_u64()),
        accepted_(visible_->committed()),
        cut_at_us_(clock.mono_us() - options.query_cut_interval_us),
        thread_([this] { run(); }),
        merge_thread_([this] { run_merges(); }) {
    name_thread(thread_, "lake-write");
    name_thread(merge_thread_, "lake-merge");
  }
  ~Lake() override { close(); }

  Result<Seq> committed() override { return visible_->committed(); }

  Result<void> write(LakeBatch batch) override {
    std::unique_lock lock(mutex_);
    const std::size_t bytes = weight(batch);
    changed_.wait(lock, [&] {
      return queued_bytes_ == 0 || queued_bytes_ + bytes <= options_.queued_bytes_max || failed_ ||
             stopping_;
    });
    if (auto good = usable(); !good) return good;
    if (batch.to <= accepted_) return {};
    if (batch.from > accepted_)
      return Error{
          ErrorCode::corrupt,
          fmt::format("lake: batch starts behind event {}, expected {}", batch.from, accepted_)};
    const Seq to = batch.to;
    queue_.push_back(std::move(batch));  // first: it may find no memory
    accepted_ = to;
    queued_bytes_ += bytes;
    changed_.notify_all();
    return {};
  }

  Result<void> flush() override {
    std::unique_lock lock(mutex_);
    if (auto good = usable(); !good) return good;
    const std::uint64_t ticket = ++flush_wanted_;
    const std::uint64_t refused = refused_;
    flush_seq_ = accepted_;
    changed_.notify_all();
    changed_.wait(
        lock, [&] { return flush_done_ >= ticket || refused_ != refused || failed_ || stopped_; });
    if (flush_done_ >= ticket) return {};
    return failed_ || is_full_ ? Result<void>(failure_) : usable();
  }

  void close() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      changed_.notify_all();
      merge_changed_.notify_all();
    }
    const std::lock_guard lock(close_mutex_);
    if (thread_.joinable()) thread_.join();
    if (merge_thread_.joinable()) merge_thread_.join();
  }

  Result<std::vector<std::string>> visible_files(TimeUs from_us, TimeUs to_us) override {
    std::vector<std::string> paths;
    const auto snapshot = visible_->snapshot(from_us, to_us);
    for (const LakeFile& file : snapshot->files) paths.push_back(visible_->local_path(file.name));
    return paths;
  }

  Result<RollupResult> query_events(const LakeQuery& query) override {
    const auto as_of_us = cut_for(query.after);
    if (!as_of_us) return as_of_us.error();
    auto duckdb = engine();
    if (!duckdb) return duckdb.error();
    auto result = run_event_query(**duckdb, *visible_, query);
    if (result) {
      result->data_as_of_us = *as_of_us;
    } else if (result.error().code == ErrorCode::internal) {
      forget(*duckdb);
      if (const auto damaged = damage_->look(*visible_, query.from_us, query.to_us))
        return *damaged;
    }
    return result;
  }

  Result<bool> compact_once() override {
    const std::lock_guard lock(merge_mutex_);
    const TimeUs log_time_us = intake_.log_time_us();
    const auto snapshot = visible_->snapshot();
    if (pick_merge(options_, snapshot->files, log_time_us).empty()) return false;
    auto duckdb = engine();
    if (!duckdb) return duckdb.error();
    auto merged = merge_small_files(files_, options_, *visible_, **duckdb, log_time_us);
    if (!merged && merged.error().code == ErrorCode::internal) {
      forget(*duckdb);
      const auto group = pick_merge(options_, snapshot->files, log_time_us);
      const TimeUs hour_us = group.front().hour_us;
      if (const auto damaged = damage_->look(*visible_, hour_us, hour_us + kHourUs))
        return *damaged;
    }
    return merged;
  }

  LakeStatus status() override {
    const VisibleFiles::Totals totals = visible_->totals();
    LakeStatus status;
    status.committed = visible_->committed();
    status.position = intake_.position();
    status.files = totals.files;
    status.rows = totals.rows;
    status.bytes = totals.bytes;
    status.open_hours = intake_.open_hours();
    status.open_bytes = intake_.open_bytes();
    status.damaged_files = damage_->count();
    status.damaged_file = damage_->first();
    const std::lock_guard lock(mutex_);
    status.storage_full = is_full_;
    status.failed = failed_;
    status.failure = failure_.message;
    return status;
  }

 private:
  static std::size_t weight(const LakeBatch& batch) {
    return (batch.log != nullptr ? batch.log->buffer.size() : 0) +
           batch.events.size() * sizeof(LakeEvent);
  }

  Result<void> usable() const {  // mutex_ is held
    if (failed_) return failure_;
    if (stopping_) return Error{ErrorCode::unavailable, "lake: closing"};
    return {};
  }

  // Opened when it is first needed: it costs tens of milliseconds and threads.
  Result<std::shared_ptr<DuckdbSession>> engine() {
    const std::lock_guard lock(engine_mutex_);
    if (duckdb_ == nullptr) {
      auto opened = open_duckdb_session({options_.folder, options_.query_threads,
                                         options_.query_bytes_max, options_.query_ms_max});
      if (!opened) return opened.error();
      duckdb_ = std::move(*opened);
    }
    return duckdb_;
  }

  // After an internal error DuckDB may refuse all that follows: the next one who asks gets a new
  // one.
  void forget(const std::shared_ptr<DuckdbSession>& engine) {
    const std::lock_guard lock(engine_mutex_);
    if (duckdb_ == engine) duckdb_.reset();
  }

  // Raw queries see what was handed over; but many of them in a row must not make many small files.
  // On a full disk they see what is visible. Answers the log time up to which that is.
  Result<TimeUs> cut_for(Seq after) {
    {
      const std::lock_guard lock(mutex_);
      if (accepted_ <= visible_->committed()) return intake_.log_time_us();
      const bool recent = clock_.mono_us() - cut_at_us_ < options_.query_cut_interval_us;
      if (recent && visible_->committed() >= after) return intake_.log_time_us();
    }
    const auto flushed = flush();
    if (flushed) return intake_.log_time_us();
    const bool is_full = flushed.error().code == ErrorCode::storage_full;
    if (!is_full || visible_->committed() < after) return flushed.error();
    return visible_us_.load();
  }

  void run() {
    const Breather breather(kRestsPerWork);
    while (true) {
      LakeBatch batch;
      bool cut = false;
      bool last = false;
      std::uint64_t ticket = 0;
      {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, kTick, [&] {
          return !queue_.empty() || stopping_ || flush_wanted_ > flush_done_;
        });
        ticket = flush_wanted_;
        breathe_less(stopping_ || ticket > flush_done_ ||
                     queued_bytes_ > options_.queued_bytes_max / 4);
        if (flush_wanted_ > flush_done_ && intake_.position() >= flush_seq_) {
          cut = true;
        } else if (!queue_.empty()) {
          batch = std::move(queue_.front());
          queue_.pop_front();
        } else {
          last = stopping_;
          cut = last || clock_.mono_us() - cut_at_us_ >= options_.cut_interval_us;
        }
      }
      const std::uint64_t published = intake_.published();
      const Result<void> done = take_or_cut(cut, batch);
      const std::lock_guard lock(mutex_);
      queued_bytes_ -= weight(batch);
      if (cut && done) {
        flush_done_ = ticket;
        visible_us_ = intake_.log_time_us();
      }
      if (cut || intake_.published() != published) {
        cut_at_us_ = clock_.mono_us();
        merge_wanted_ = true;
        merge_changed_.notify_all();
      }
      if (!done) {
        if (!is_full_) log_error("lake failed", {{"error", done.error().message}});
        failure_ = done.error();
        failed_ = true;
      }
      stopped_ = last || failed_;
      changed_.notify_all();
      if (stopped_) return;
    }
  }

  // Without memory an open file may be half changed: a restart builds it anew from the log.
  Result<void> take_or_cut(bool cut, const LakeBatch& batch) {
    try {
      if (cut) return insist(intake_.cut_all(), nullptr);
      return insist(intake_.take(batch), &batch);
    } catch (const std::bad_alloc&) {
      return Error{ErrorCode::internal, "no memory"};
    }
  }

  // No space is a state that ends: the fold waits behind the full queue meanwhile. A process that
  // is to end does not wait for it, its next start takes the rest from the log again.
  Result<void> insist(Result<void> done, const LakeBatch* batch) {
    while (!done && done.error().code == ErrorCode::storage_full) {
      std::unique_lock lock(mutex_);
      if (!is_full_)
        log_warn("lake: no space; it is tried again", {{"error", done.error().message}});
      is_full_ = true;
      failure_ = done.error();
      ++refused_;
      changed_.notify_all();
      changed_.wait_for(lock, kTick, [&] { return stopping_; });
      if (stopping_) return done;
      lock.unlock();
      done = intake_.retry();
      if (done && batch != nullptr) done = intake_.take(*batch);
    }
    const std::lock_guard lock(mutex_);
    if (is_full_ && done) log_info("lake: there is space again");
    if (done) is_full_ = false;
    return done;
  }

  Result<bool> merge_once() {
    try {
      return compact_once();
    } catch (const std::bad_alloc&) {
      return Error{ErrorCode::internal, "no memory"};
    }
  }

  void run_merges() {
    let_others_go_first();
    std::unique_lock lock(mutex_);
    while (true) {
      merge_changed_.wait(lock, [&] { return stopping_ || (merge_wanted_ && options_.compact); });
      if (stopping_) return;
      merge_wanted_ = false;
      lock.unlock();
      auto merged = merge_once();
      lock.lock();
      if (!merged)
        log_error("lake: merge failed", {{"error", merged.error().message}});
      else if (*merged)
        merge_wanted_ = true;
    }
  }

  FileSystem& files_;
  Clock& clock_;
  const LakeOptions options_;
  std::unique_ptr<VisibleFiles> visible_;
  const std::unique_ptr<DamageWatch> damage_;
  std::mutex engine_mutex_;  // guards the pointer
  std::shared_ptr<DuckdbSession> duckdb_;
  LakeIntake intake_;  // used by thread_

  std::mutex mutex_;  // guards all up to close_mutex_
  std::condition_variable changed_;
  std::condition_variable merge_changed_;
  std::deque<LakeBatch> queue_;
  std::size_t queued_bytes_ = 0;  // including the batch being taken
  Seq accepted_;
  std::uint64_t flush_wanted_ = 0;
  std::uint64_t flush_done_ = 0;
  Seq flush_seq_ = 0;
  TimeUs cut_at_us_;
  bool merge_wanted_ = true;
  bool stopping_ = false;
  bool stopped_ = false;
  bool failed_ = false;
  bool is_full_ = false;               // until space is back
  std::uint64_t refused_ = 0;          // tries that found no space
  Error failure_;                      // of either
  std::atomic<TimeUs> visible_us_{0};  // log time up to which all is visible

  std::mutex close_mutex_;  // one close() at a time
  std::mutex merge_mutex_;  // one merge at a time
  std::thread thread_;
  std::thread merge_thread_;
};

}  // namespace

Result<std::unique_ptr<EventLake>> open_lake(FileSystem& files, ObjectStore& objects, Clock& clock,
                                             const LakeOptions& options) {
  if (options.folder.empty() || options.rows_max == 0)
    return Error{ErrorCode::invalid_argument, "lake: folder and rows_max must be given"};
  auto visible = VisibleFiles::open(files, objects, options.folder);
  if (!visible) return visible.error();
  auto damage = DamageWatch::open(files, options.folder, **visible);
  if (!damage) return damage.error();
  if ((*damage)->count() > 0 && !options.keep_damaged) return (*damage)->error();
  return std::unique_ptr<EventLake>(
      std::make_unique<Lake>(files, clock, options, std::move(*visible), std::move(*damage)));
}

}  // namespace adbacus
