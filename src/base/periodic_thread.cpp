#include "base/periodic_thread.hpp"

#include <utility>

#include "base/thread_name.hpp"

namespace adbacus {

PeriodicThread::~PeriodicThread() {
  stop();
}

void PeriodicThread::start(const char* name, std::chrono::microseconds interval,
                           std::function<void()> work) {
  thread_ = std::thread([this, interval, work = std::move(work)] { run(interval, work); });
  name_thread(thread_, name);
}

void PeriodicThread::run(std::chrono::microseconds interval, const std::function<void()>& work) {
  next_rest_ = interval;
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, next_rest_, [&] { return stopping_; })) {
    lock.unlock();
    next_rest_ = interval;
    work();
    lock.lock();
  }
}

void PeriodicThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

}  // namespace adbacus
