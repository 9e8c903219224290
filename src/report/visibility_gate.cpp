#include "report/visibility_gate.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace adbacus {
namespace {

// A newcomer that is satisfied sooner than the one watched is noticed within this.
constexpr int kSliceMs = 10;

}  // namespace

VisibilityGate::VisibilityGate(ReportReader& reader, Clock& clock, std::size_t waiters_max)
    : reader_(reader), clock_(clock), waiters_max_(waiters_max), thread_([this] { watch(); }) {}

VisibilityGate::~VisibilityGate() {
  stop();
}

bool VisibilityGate::wait(Waiter waiter) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || waiters_.size() >= waiters_max_) return false;
    waiters_.push_back(std::move(waiter));
  }
  changed_.notify_one();
  return true;
}

std::vector<std::pair<VisibilityGate::Waiter, bool>> VisibilityGate::take_finished() {
  std::vector<std::pair<Waiter, bool>> finished;
  const TimeUs now = clock_.mono_us();
  std::erase_if(waiters_, [&](Waiter& waiter) {
    const bool ready = now >= waiter.not_before_us && waiter.is_ready();
    if (!ready && now < waiter.deadline_us) return false;
    finished.emplace_back(std::move(waiter), ready);
    return true;
  });
  return finished;
}

void VisibilityGate::watch() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (waiters_.empty()) {
      changed_.wait(lock);
      continue;
    }
    auto finished = take_finished();
    if (!finished.empty()) {
      lock.unlock();
      for (auto& [waiter, ready] : finished) waiter.done(ready);
      finished.clear();
      lock.lock();
      continue;
    }
    Seq lowest = waiters_[0].seq;
    for (const Waiter& waiter : waiters_) lowest = std::min(lowest, waiter.seq);
    if (reader_.visible() >= lowest) {
      // That one waits for raw events or for another try.
      changed_.wait_for(lock, std::chrono::milliseconds(kSliceMs));
      continue;
    }
    lock.unlock();
    reader_.wait_visible(lowest, kSliceMs);
    lock.lock();
  }
}

void VisibilityGate::stop() {
  std::vector<Waiter> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(waiters_);
  }
  dropped.clear();  // they are answered now, not when the last one running is done
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

}  // namespace adbacus
