// Holds reports that asked for a position until it is visible, without occupying a worker: one
// thread watches the store for all of them. Called by the report routes. Thread-safe.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "store/analytics_store.hpp"

namespace adbacus {

class VisibilityGate {
 public:
  struct Waiter {
    Seq seq = 0;
    TimeUs deadline_us = 0;          // Clock::mono_us
    TimeUs not_before_us = 0;        // looked at from then on; for another try after a stale answer
    std::function<bool()> is_ready;  // quick; asked on the gate's thread
    std::function<void(bool ready)> done;  // called once, quick; never after stop()
  };

  VisibilityGate(ReportReader& reader, Clock& clock, std::size_t waiters_max);
  ~VisibilityGate();
  VisibilityGate(const VisibilityGate&) = delete;
  VisibilityGate& operator=(const VisibilityGate&) = delete;

  // False: too many wait already, or stopping; the waiter is dropped without a call.
  bool wait(Waiter waiter);
  // Drops the waiters, joins. Idempotent.
  void stop();

 private:
  void watch();
  // Moves the waiters that are ready or late out of waiters_. Holds mutex_.
  std::vector<std::pair<Waiter, bool>> take_finished();

  ReportReader& reader_;
  Clock& clock_;
  const std::size_t waiters_max_;
  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::vector<Waiter> waiters_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace adbacus
