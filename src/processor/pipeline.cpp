#include "processor/pipeline.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/breather.hpp"
#include "base/logging.hpp"
#include "base/metrics.hpp"
#include "base/thread_name.hpp"
#include "processor/batch_pool.hpp"

namespace adbacus {
namespace {

constexpr std::uint16_t kShard = 0;
constexpr int kIdleWaitMs = 50;  // bounds how long stop() waits for an idle reader
// Each step wakes the lake's thread and costs some 20 us of its own: steps with few events keep
// this distance, so that under load they become fewer and larger.
constexpr int kRestsPerWork = 2;
constexpr std::size_t kFewEvents = 1024;
constexpr TimeUs kStepSpacingUs = 2 * kMillisecondUs;
constexpr Seq kBehindEvents = 200'000;  // unread: the fold is behind
constexpr TimeUs kFlushShare = 16;  // of the time goes to flushing at most one part in this many

Counter& folded_events() {
  static Counter& c = counter("adbacus_processor_events_total", "Events folded");
  return c;
}

}  // namespace

Pipeline::Pipeline(EventLog& log, FactWriter& store, LakeWriter* lake, Clock& clock,
                   PipelineOptions options, std::unique_ptr<PoisonGuard> guard)
    : log_(log),
      store_(store),
      lake_(lake),
      clock_(clock),
      options_(options),
      guard_(std::move(guard)),
      batches_(std::make_shared<BatchPool>()) {}

Pipeline::~Pipeline() {
  stop();
}

Result<void> Pipeline::start() {
  Result<Seq> from = store_.committed(kShard);
  if (!from) return from.error();
  if (lake_ != nullptr) {
    Result<Seq> lake = lake_->committed();
    if (!lake) return lake.error();
    lake_from_ = *lake;
  }
  const LogStatus log = log_.status();
  if (std::max(*from, lake_from_) > log.synced_seq) {
    return Error{ErrorCode::corrupt,
                 "the store is ahead of the log: the log lost acknowledged events"};
  }
  if (auto loaded = load_dead_letters(); !loaded) return loaded;
  written_ = {.seq = *from,
              .lake = lake_from_,
              .keys_max = store_.keys_max(kShard),
              .series = store_.series().size()};
  counted_ = written_.seq;
  status_.position = sinks_have();
  thread_ = std::thread([this] { run(); });
  name_thread(thread_, "fold");
  return {};
}

void Pipeline::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

Seq Pipeline::sinks_have() const {
  return lake_ != nullptr ? std::min(written_.seq, written_.lake) : written_.seq;
}

void Pipeline::keep_touches(std::unique_ptr<TouchFiles> files) {
  touches_ = std::move(files);
}

// The fold starts behind the sink that is furthest back, or behind the touches that are known; each
// sink skips what it already has.
Result<void> Pipeline::make_fold() {
  counted_ = written_.seq;
  const Seq first = log_.status().first_seq;
  auto rules = read_rule_history(log_, first, counted_);
  if (!rules) return rules.error();
  std::vector<std::shared_ptr<TouchSegment>> segments;
  if (touches_) {
    if (counted_ == 0) touches_->clear();
    segments = touches_->load(log_.status().synced_time_us,
                              Attributor::kept_us(rules->longest_window_us()));
  }
  Seq from = sinks_have();
  if (segments.empty()) from = std::min(from, std::max<Seq>(first, 1) - 1);
  fold_ = std::make_unique<Fold>(store_.series(), from, counted_);
  fold_->attribute_from(store_.attributed_from(kShard));
  if (!segments.empty()) fold_->restore_touches(std::move(segments));
  // What was said behind it comes in its turn: what is forgotten goes by the rules known by then.
  rules = read_rule_history(log_, first, fold_->position());
  if (!rules) return rules.error();
  fold_->set_rules(*std::move(rules));
  fold_->set_keys_max(written_.keys_max);
  fold_->attach(&book_, guard_ ? guard_->mark() : nullptr);
  return {};
}

void Pipeline::follow_log() {
  const Breather breather(kRestsPerWork);
  std::unique_ptr<EventReader> reader;
  flushed_us_ = clock_.mono_us();
  if (auto made = make_fold(); !made) return fail(made.error());
  auto next = settle_suspects();
  if (!next) return fail(next.error());
  while (*next == Next::go_on) {
    const TimeUs begin_us = clock_.mono_us();
    const bool last = stopping_.load();  // before the read: what was durable then is still folded
    if (auto done = step_or_start_over(reader, last ? 0 : kIdleWaitMs); !done) {
      next = settle_failure(done.error());
      if (!next) return fail(next.error());
      continue;
    }
    if (last && fold_->position() >= log_.status().synced_seq) break;
    space_steps(begin_us);
  }
  if (auto done = flush(); !done) fail(done.error());
}

void Pipeline::space_steps(TimeUs begin_us) {
  if (step_events_ == 0 || step_events_ >= kFewEvents) return;
  const TimeUs early_us =
      std::clamp<TimeUs>(begin_us + kStepSpacingUs - clock_.mono_us(), 0, kStepSpacingUs);
  std::unique_lock lock(mutex_);
  advanced_.wait_for(lock, std::chrono::microseconds(early_us), [&] { return stopping_.load(); });
}

Result<void> Pipeline::step(EventReader& reader, int wait_ms) {
  const bool pending = fold_->pending_rows() > 0;
  failed_entry_ = 0;
  const std::shared_ptr<LogBatch> batch = batches_->take();
  if (auto read = reader.read(fold_->position() + 1, options_.read_bytes_max, pending ? 1 : wait_ms,
                              *batch);
      !read) {
    return read;
  }
  step_events_ = batch->entries.size();
  if (!batch->empty()) {
    note_read(*batch);
    const Seq before = fold_->position();
    LakeBatch lake;
    lake.from = before;
    const bool to_lake = lake_ != nullptr;
    if (to_lake) lake.events.reserve(batch->entries.size());
    auto folded = fold_->fold(*batch, to_lake ? &lake.events : nullptr);
    if (!folded && fold_->position() == before) return fold_failed(folded);
    folded_events().add(fold_->position() - before);
    if (guard_ && guard_->suspects() && guard_->suspects()->last <= fold_->position()) {
      if (auto settled = guard_->forget(); !settled) return settled;
      note_failing(0);
    }
    if (to_lake && fold_->position() > lake_from_) {
      lake.to = fold_->position();
      lake.log = batch;
      if (auto written = lake_->write(std::move(lake)); !written) return written;
      written_.lake = fold_->position();
    }
    if (!folded) return fold_failed(folded);
  }
  const bool behind = fold_->position() + kBehindEvents < log_.status().synced_seq;
  breathe_less(behind || stopping_);
  const bool due =
      clock_.mono_us() - flushed_us_ >= (behind ? options_.flush_behind_us : flush_due_us_);
  if (due || fold_->pending_rows() >= options_.rows_max) return flush();
  return {};
}

// What else fails on the way is not that entry's fault.
Result<void> Pipeline::fold_failed(Result<void> error) {
  failed_entry_ = fold_->failed_seq();
  return error;
}

Result<void> Pipeline::flush() {
  const TimeUs begin_us = clock_.mono_us();
  FactBatch batch = fold_->take();
  batch.shard = kShard;
  const TimeUs log_time_us = batch.log_time_us;
  if (batch.to > batch.from) {
    Written behind = written_;
    behind.seq = batch.to;
    behind.keys_max = batch.keys_max;
    behind.series = store_.series().size();
    if (auto written = write(std::move(batch)); !written) return written;
    written_ = behind;
    if (touches_) touches_->keep(fold_->touches());
  }
  flushed_us_ = clock_.mono_us();
  flush_due_us_ = std::clamp((flushed_us_ - begin_us) * kFlushShare,
                             std::min(options_.flush_spacing_us, options_.flush_interval_us),
                             options_.flush_interval_us);
  const std::lock_guard lock(mutex_);
  status_.position = std::max(status_.position, fold_->position());
  status_.log_time_us = log_time_us;
  status_.oldest_open_us = 0;
  advanced_.notify_all();
  return {};
}

// What only attribution looks at again is visible already.
void Pipeline::note_read(const LogBatch& batch) {
  if (batch.next <= sinks_have() + 1) return;
  const std::lock_guard lock(mutex_);
  if (status_.oldest_open_us != 0) return;
  status_.oldest_open_us = batch.records.empty() ? batch.controls.front().log_time_us
                                                 : batch.records.front().log_time_us;
}

void Pipeline::fail(const Error& error) {
  log_error("the fold stopped", {{"error", error.message}});
  const std::lock_guard lock(mutex_);
  status_.failed = true;
  status_.failure = error.message;
  advanced_.notify_all();
}

PipelineStatus Pipeline::status() const {
  const LogStatus log = log_.status();
  const std::lock_guard lock(mutex_);
  PipelineStatus status = status_;
  status.dead_letters = book_.totals();
  if (log.synced_seq > status.position) {
    status.lag_events = log.synced_seq - status.position;
    if (status.oldest_open_us != 0)
      status.lag_us = std::max<TimeUs>(0, clock_.wall_us() - status.oldest_open_us);
  }
  return status;
}

bool Pipeline::wait_folded(Seq seq, int timeout_ms) {
  std::unique_lock lock(mutex_);
  advanced_.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                     [&] { return status_.failed || status_.position >= seq; });
  return status_.position >= seq;
}

}  // namespace adbacus
