// The pipeline's way past moments without memory: what was counted and not handed on is thrown away
// and counted again from the log. What the store has half taken in only a restart mends.
#include <chrono>
#include <new>
#include <utility>

#include "base/logging.hpp"
#include "base/metrics.hpp"
#include "processor/pipeline.hpp"

namespace adbacus {
namespace {

constexpr auto kPause = std::chrono::milliseconds(100);

}  // namespace

void Pipeline::run() {
  try {
    follow_log();
  } catch (const std::bad_alloc&) {
    if (guard_ && guard_->mark() != nullptr) guard_->mark()->clear();
    fail({ErrorCode::internal, "no memory"});
  }
}

Result<void> Pipeline::step_or_start_over(std::unique_ptr<EventReader>& reader, int wait_ms) {
  try {
    if (!reader) reader = log_.reader();
    return step(*reader, wait_ms);
  } catch (const std::bad_alloc&) {
    failed_entry_ = 0;
  }
  for (bool started = false; !started;) {
    {
      std::unique_lock lock(mutex_);
      advanced_.wait_for(lock, kPause, [&] { return stopping_.load(); });
    }
    if (stopping_) throw std::bad_alloc();  // who is told to stop does not wait for memory
    started = start_over();
  }
  reader.reset();
  return {};
}

// False: there is no memory for that either.
bool Pipeline::start_over() {
  // It was memory's fault and not that of the entries at hand.
  if (guard_ && guard_->mark() != nullptr) guard_->mark()->clear();
  fold_.reset();
  try {
    counter("adbacus_processor_no_memory_total", "Times the fold found no memory and started over")
        .add(1);
    store_.series().truncate(written_.series);
    if (auto made = make_fold(); !made) return false;
  } catch (const std::bad_alloc&) {
    return false;
  }
  if (guard_ && guard_->suspects()) {
    fold_->suspect(guard_->suspects()->first, guard_->suspects()->last);
  }
  log_warn("the fold found no memory and starts over behind what the store has");
  return true;
}

// A store that finds no memory may show half a batch: it is rebuilt from the log by a restart.
Result<void> Pipeline::write(FactBatch batch) {
  try {
    return store_.write(std::move(batch));
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::internal, "no memory to take in what was counted"};
  }
}

}  // namespace adbacus
