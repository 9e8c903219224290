#include "store/embedded/commit_loop.hpp"

#include <algorithm>
#include <chrono>
#include <new>

#include "base/logging.hpp"
#include "base/metrics.hpp"
#include "base/thread_name.hpp"
#include "base/thread_priority.hpp"

namespace adbacus {
namespace {

constexpr int kPauseMaxMs = 5000;
// A commit that nobody waits for takes at most this share of a core: at full speed it made requests
// wait that came in meanwhile, on a machine of two cores.
constexpr double kCommitShare = 0.3;
constexpr TimeUs kRestMaxUs = 100 * kMillisecondUs;
constexpr int kNoMemoryPauseMs = 100;

Period hour_of(TimeUs time) {
  return static_cast<Period>(floor_to(time, kHourUs) / kHourUs);
}

}  // namespace

CommitLoop::CommitLoop(const EmbeddedStoreOptions& options, StoreDatabase& database,
                       const SeriesTable& series, PendingBatches& pending, RecentIndex& index,
                       Clock& clock, TimeUs log_time_us)
    : options_(options),
      database_(database),
      series_(series),
      pending_(pending),
      index_(index),
      clock_(clock),
      compaction_({options.compact_grace_hours, CompactionOptions{}.step_rows_max}),
      now_hour_(hour_of(log_time_us)) {}

CommitLoop::~CommitLoop() {
  stop();
}

Result<void> CommitLoop::prepare(const std::vector<SeriesPlaces::Place>& places) {
  if (auto ok = read_state(); !ok) return ok;
  auto connection = database_.connect();
  if (!connection) return connection.error();
  auto loader = IndexLoader::begin(std::move(*connection), index_, compaction_.blocks(), places);
  if (!loader) return loader.error();
  loader_.emplace(std::move(*loader));
  return {};
}

Result<void> CommitLoop::read_state() {
  auto connection = database_.connect();
  if (!connection) return connection.error();
  connection_.emplace(std::move(*connection));
  auto marks = read_level_marks(*connection_);
  if (!marks) return marks.error();
  marks_ = *marks;
  auto count = connection_->number("SELECT count(*) FROM series");
  if (!count) return count.error();
  series_stored_ = static_cast<std::size_t>(*count);
  return compaction_.load(*connection_);
}

void CommitLoop::start() {
  committed_us_ = clock_.mono_us();
  status_.settled = false;
  thread_ = std::thread([this] { run(); });
  name_thread(thread_, "store-commit");
}

void CommitLoop::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  loader_.reset();
  connection_.reset();
}

void CommitLoop::wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_all();
}

Result<void> CommitLoop::flush(int wait_ms) {
  std::vector<Seq> targets;
  for (std::uint16_t shard = 0; shard < options_.shards; ++shard) {
    targets.push_back(pending_.written_of(shard));
  }
  const auto reached = [&] {
    for (std::uint16_t shard = 0; shard < options_.shards; ++shard) {
      if (pending_.committed_of(shard).seq < targets[shard]) return false;
    }
    return true;
  };
  std::unique_lock lock(mutex_);
  const std::uint64_t refused = refused_;
  urgent_ = true;
  changed_.notify_all();
  changed_.wait_for(lock, std::chrono::milliseconds(wait_ms), [&] {
    if (!reached() && !status_.failed && !stopping_ && !urgent_) {
      urgent_ = true;
      changed_.notify_all();
    }
    return reached() || refused_ != refused || status_.failed || stopping_;
  });
  if (reached()) return {};
  return Error{refused_ != refused ? ErrorCode::storage_full : ErrorCode::unavailable,
               "store: not committed: " + status_.failure};
}

CommitLoop::Status CommitLoop::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void CommitLoop::run() {
  let_others_go_first();
  while (wait_for_work()) {
    try {
      work();
    } catch (const std::bad_alloc&) {
      // As after any error nobody knows what is stored: without a connection the next attempt asks
      // the offsets first.
      loader_.reset();
      connection_.reset();
      log_warn("store: no memory, will be repeated");
      pause(kNoMemoryPauseMs);
    }
  }
}

void CommitLoop::work() {
  if (commit_due()) return commit();
  if (maintain()) return;
  const std::lock_guard lock(mutex_);
  status_.settled = true;
  changed_.notify_all();
}

bool CommitLoop::much_waits() const {
  return pending_.bytes() > options_.commit_bytes_max ||
         pending_.events() > options_.commit_events_max;
}

bool CommitLoop::commit_due() const {
  if (pending_.size() == 0) return false;
  {
    const std::lock_guard lock(mutex_);
    if (urgent_) return true;
  }
  return much_waits() ||
         clock_.mono_us() - committed_us_ >= options_.commit_interval_ms * kMillisecondUs;
}

// Returns at once while there is maintenance to do, else when the next commit is due.
bool CommitLoop::wait_for_work() {
  std::unique_lock lock(mutex_);
  if (status_.failed) changed_.wait(lock, [&] { return stopping_; });
  if (status_.settled && !stopping_) {
    TimeUs wait_ms = options_.commit_interval_ms;
    if (pending_.size() > 0) {
      const TimeUs since_ms = (clock_.mono_us() - committed_us_) / kMillisecondUs;
      wait_ms = std::clamp<TimeUs>(wait_ms - since_ms, 1, std::max<TimeUs>(wait_ms, 1));
    }
    changed_.wait_for(lock, std::chrono::milliseconds(wait_ms),
                      [&] { return stopping_ || urgent_ || woken_; });
  }
  woken_ = false;
  if (pending_.size() == 0) urgent_ = false;
  return !stopping_;
}

void CommitLoop::commit() {
  static Histogram& duration =
      histogram("adbacus_store_commit_duration_seconds", "Time of one commit of the store");
  const TimeUs begin_us = clock_.mono_us();
  std::vector<PendingBatchPtr> batches = pending_.oldest(options_.commit_bytes_max);
  for (int attempt = 1;; ++attempt) {
    auto done = try_commit(batches);
    if (done) break;
    const bool full = done.error().code == ErrorCode::storage_full;
    const bool hopeless =
        done.error().code == ErrorCode::conflict || done.error().code == ErrorCode::corrupt;
    const bool for_good = hopeless || (!full && attempt >= options_.commit_attempts_max);
    fail(done.error(), for_good);
    if (for_good || !pause(std::min(kPauseMaxMs, 50 << std::min(attempt, 7)))) return;
  }
  accept(batches);
  duration.record_us(static_cast<std::uint64_t>(committed_us_ - begin_us));
}

Result<void> CommitLoop::try_commit(std::vector<PendingBatchPtr>& batches) {
  Error error;
  if (connection_) {
    BatchCommit commit(*connection_, series_, series_stored_, marks_, [this] { rest(); });
    rested_us_ = clock_.mono_us();
    auto done = commit.run(batches);
    if (done) {
      series_stored_ = commit.series_stored();
      marks_ = commit.marks();
      compaction_.note(commit.block_rows());
      return {};
    }
    error = done.error();
  } else {
    error = {ErrorCode::io, "store: the database is not open"};
  }
  auto stored = find_out(batches);
  if (!stored) return stored.error();
  if (*stored == batches.size()) return {};
  if (*stored > 0) {
    const auto first_left = batches.begin() + static_cast<std::ptrdiff_t>(*stored);
    accept({batches.begin(), first_left});
    batches.erase(batches.begin(), first_left);
  }
  return error;
}

// Twice what makes a commit due waits: soon the writer would have to.
bool CommitLoop::in_a_hurry() const {
  return pending_.bytes() > 2 * options_.commit_bytes_max ||
         pending_.events() > 2 * options_.commit_events_max;
}

void CommitLoop::rest() {
  if (in_a_hurry()) return;
  const auto worked_us = static_cast<double>(clock_.mono_us() - rested_us_);
  const auto rest_us = static_cast<TimeUs>(worked_us * (1 / kCommitShare - 1));
  {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::microseconds(std::min(rest_us, kRestMaxUs)),
                      [&] { return stopping_ || urgent_; });
  }
  rested_us_ = clock_.mono_us();
}

Result<std::size_t> CommitLoop::find_out(std::span<const PendingBatchPtr> batches) {
  if (loader_) log_warn("store: the index stays partly filled after an error");
  loader_.reset();
  connection_.reset();
  if (auto ok = database_.reopen(); !ok) return ok.error();
  if (auto ok = read_state(); !ok) return ok.error();
  auto offsets = read_offsets(*connection_, options_.shards);
  if (!offsets) return offsets.error();
  const auto offset = [&](const PendingBatchPtr& batch) { return (*offsets)[batch->shard].seq; };
  // A commit takes from the front, so what is stored lies before what is not; more may have come
  // since the one whose outcome nobody knows.
  std::size_t stored = 0;
  while (stored < batches.size() && batches[stored]->to <= offset(batches[stored])) ++stored;
  std::vector<bool> seen(options_.shards, false);
  bool ours = true;
  for (std::size_t i = stored; i-- > 0;) {
    if (!seen[batches[i]->shard]) ours = ours && batches[i]->to == offset(batches[i]);
    seen[batches[i]->shard] = true;
  }
  seen.assign(options_.shards, false);
  for (const PendingBatchPtr& batch : batches.subspan(stored)) {
    if (!seen[batch->shard]) ours = ours && batch->from == offset(batch);
    seen[batch->shard] = true;
  }
  if (!ours) return Error{ErrorCode::conflict, "store: the stored offsets are not ours"};
  return stored;
}

void CommitLoop::accept(const std::vector<PendingBatchPtr>& batches) {
  now_hour_ = std::max(now_hour_, hour_of(batches.back()->log_time_us));
  pending_.committed(batches.size());
  index_.evict();
  committed_us_ = clock_.mono_us();
  const std::lock_guard lock(mutex_);
  status_.failure.clear();
  status_.settled = false;
  urgent_ = false;  // whoever waits for what came since says so again
  changed_.notify_all();
}

bool CommitLoop::maintain() {
  auto more = maintain_step();
  if (more) {
    maintenance_failures_ = 0;
    return *more;
  }
  // What was under way is undone or done; it is found out by reading the state again.
  const bool for_good = ++maintenance_failures_ >= options_.commit_attempts_max ||
                        more.error().code == ErrorCode::corrupt;
  fail(more.error(), for_good && more.error().code != ErrorCode::storage_full);
  if (!pause(std::min(kPauseMaxMs, 50 << std::min(maintenance_failures_, 7)))) return false;
  auto found = find_out({});
  if (!found) fail(found.error(), false);
  return true;
}

Result<bool> CommitLoop::maintain_step() {
  if (!connection_) return Error{ErrorCode::io, "store: the database is not open"};
  if (loader_) {
    auto more = loader_->step();
    if (!more) return more.error();
    if (!*more) loader_.reset();
    return true;
  }
  auto derived = derive_level(*connection_, marks_, now_hour_, options_.derive_grace_hours);
  if (!derived) return derived.error();
  if (*derived) return true;
  return compaction_.step(*connection_, now_hour_);
}

void CommitLoop::fail(const Error& error, bool for_good) {
  if (for_good) {
    log_error("store: stopped", {{"error", error.message}});
  } else {
    log_warn("store: will be repeated", {{"error", error.message}});
  }
  {
    const std::lock_guard lock(mutex_);
    status_.failure = error.message;
    status_.failed = for_good;
    if (error.code == ErrorCode::storage_full) ++refused_;
    changed_.notify_all();
  }
  if (for_good) pending_.close();
}

bool CommitLoop::pause(int milliseconds) {
  std::unique_lock lock(mutex_);
  if (status_.failed) return false;
  changed_.wait_for(lock, std::chrono::milliseconds(milliseconds), [&] { return stopping_; });
  return !stopping_;
}

}  // namespace adbacus
