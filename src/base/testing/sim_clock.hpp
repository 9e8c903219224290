// A clock that stands still until a test moves it. Thread-safe.
#pragma once

#include <atomic>

#include "base/clock.hpp"

namespace adbacus {

class SimClock final : public Clock {
 public:
  explicit SimClock(TimeUs wall_us) : wall_us_(wall_us) {}
  TimeUs wall_us() override { return wall_us_.load(); }
  TimeUs mono_us() override { return mono_us_.load(); }

  void advance(TimeUs us) {
    wall_us_ += us;
    mono_us_ += us;
  }
  void step_wall(TimeUs us) { wall_us_ += us; }  // in either direction; monotonic time stays

 private:
  std::atomic<TimeUs> wall_us_;
  std::atomic<TimeUs> mono_us_{0};
};

}  // namespace adbacus
