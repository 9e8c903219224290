// A clock whose time of day the test sets; its monotonic time runs. Thread-safe.
#pragma once

#include <atomic>

#include "base/clock.hpp"

namespace adbacus {

class OwnedClock : public Clock {
 public:
  explicit OwnedClock(TimeUs wall_us) : wall_us_(wall_us) {}
  TimeUs wall_us() override { return wall_us_.load(); }
  TimeUs mono_us() override { return system_clock().mono_us(); }
  void set_wall_us(TimeUs time) { wall_us_.store(time); }

 private:
  std::atomic<TimeUs> wall_us_;
};

}  // namespace adbacus
