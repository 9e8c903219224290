// A thread that does the same thing again and again, with rests in between, until it is stopped.
// For copies that are kept fresh and buffers that are emptied. start(), stop() and the destructor
// belong to the owner; what the work uses must outlive it, so an owner stops it first when it goes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace adbacus {

class PeriodicThread {
 public:
  PeriodicThread() = default;
  ~PeriodicThread();
  PeriodicThread(const PeriodicThread&) = delete;
  PeriodicThread& operator=(const PeriodicThread&) = delete;

  // Once. Rests for `interval`, works, rests again. `name`: see base/thread_name.hpp.
  void start(const char* name, std::chrono::microseconds interval, std::function<void()> work);
  // Called by the work: the rest behind it is this long instead.
  void rest_once(std::chrono::microseconds rest) { next_rest_ = rest; }
  // Ends a rest at once and waits for work in progress. Idempotent; also without start().
  void stop();

 private:
  void run(std::chrono::microseconds interval, const std::function<void()>& work);

  std::chrono::microseconds next_rest_{0};  // of the thread
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace adbacus
