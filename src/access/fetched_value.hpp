// Something that another server has and we keep a copy of: fetched at once and then again and
// again, sooner after a failure and when somebody misses something in it. What was fetched last
// stays until something better comes. Thread-safe; whoever asks never waits.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/logging.hpp"
#include "base/periodic_thread.hpp"
#include "base/result.hpp"

namespace adbacus {

struct FetchTimes {
  TimeUs refresh_us = 600 * kSecondUs;
  TimeUs retry_min_us = 5 * kSecondUs;   // after the first failure; doubles up to refresh_us
  TimeUs early_min_us = 60 * kSecondUs;  // between a fetch and one that was asked for early
  int look_interval_ms = 200;            // how soon a request to fetch early is noticed
};

// When to fetch, on the monotonic clock. Not thread-safe.
class FetchSchedule {
 public:
  explicit FetchSchedule(const FetchTimes& times) : times_(times) {}
  bool is_due(TimeUs now_us) const {
    return now_us >= next_us_ || (is_asked_ && now_us >= last_us_ + times_.early_min_us);
  }
  void ask_early() { is_asked_ = true; }
  void begin() { is_asked_ = false; }  // what is asked for from now on may not be in the answer
  void end(TimeUs now_us, bool is_good);
  std::optional<TimeUs> age_us(TimeUs now_us) const;  // of what was fetched; nullopt: nothing was

 private:
  const FetchTimes times_;
  TimeUs next_us_ = 0;
  TimeUs last_us_ = 0;
  std::optional<TimeUs> good_us_;
  int failures_ = 0;
  bool is_asked_ = false;
};

template <class Value>
class FetchedValue {
 public:
  using Fetch = std::function<Result<Value>()>;  // called on the thread; may block for a while
  // `what` names it in the log. `clock` must outlive the object.
  FetchedValue(const char* thread_name, std::string what, Clock& clock, const FetchTimes& times,
               Fetch fetch)
      : what_(std::move(what)), clock_(clock), fetch_(std::move(fetch)), schedule_(times) {
    thread_.start(thread_name, std::chrono::milliseconds(times.look_interval_ms),
                  [this] { look(); });
  }
  ~FetchedValue() { thread_.stop(); }
  FetchedValue(const FetchedValue&) = delete;
  FetchedValue& operator=(const FetchedValue&) = delete;

  std::shared_ptr<const Value> value() const {  // null until one was fetched
    const std::lock_guard lock(mutex_);
    return value_;
  }
  void ask_early() {
    const std::lock_guard lock(mutex_);
    schedule_.ask_early();
  }
  std::optional<TimeUs> age_us() const {
    const std::lock_guard lock(mutex_);
    return schedule_.age_us(clock_.mono_us());
  }

 private:
  void look() {
    {
      const std::lock_guard lock(mutex_);
      if (!schedule_.is_due(clock_.mono_us())) return;
      schedule_.begin();
    }
    auto fetched = fetch_();
    if (!fetched && fetched.error().message != told_) {
      log_warn(what_ + " cannot be fetched", {{"error", fetched.error().message}});
    }
    told_ = fetched ? std::string() : fetched.error().message;
    auto next = fetched ? std::make_shared<const Value>(*std::move(fetched)) : nullptr;
    const std::lock_guard lock(mutex_);
    schedule_.end(clock_.mono_us(), next != nullptr);
    if (next) value_ = std::move(next);
  }

  const std::string what_;
  Clock& clock_;
  const Fetch fetch_;
  std::string told_;  // what stays wrong is worth one line; of the thread
  mutable std::mutex mutex_;
  FetchSchedule schedule_;              // guarded by mutex_
  std::shared_ptr<const Value> value_;  // guarded by mutex_
  PeriodicThread thread_;
};

}  // namespace adbacus
