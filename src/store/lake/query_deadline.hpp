// Interrupts a connection's statement once its time is over. Lives as long as the statement runs;
// made and destroyed by one thread, interrupts from its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <duckdb.h>
#include <mutex>
#include <thread>

namespace adbacus {

class QueryDeadline {
 public:
  QueryDeadline(duckdb_connection connection, std::chrono::milliseconds time)
      : thread_([this, connection, time] {
          std::unique_lock lock(mutex_);
          if (done_changed_.wait_for(lock, time, [this] { return done_; })) return;
          passed_ = true;
          duckdb_interrupt(connection);
        }) {}
  ~QueryDeadline() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    done_changed_.notify_all();
    thread_.join();
  }
  QueryDeadline(const QueryDeadline&) = delete;
  QueryDeadline& operator=(const QueryDeadline&) = delete;

  bool passed() {
    const std::lock_guard lock(mutex_);
    return passed_;
  }

 private:
  std::mutex mutex_;  // guards done_ and passed_
  std::condition_variable done_changed_;
  bool done_ = false;
  bool passed_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace adbacus
