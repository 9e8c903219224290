#include "base/clock.hpp"

#include <chrono>

namespace adbacus {
namespace {

class SystemClock final : public Clock {
 public:
  TimeUs wall_us() override {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(since).count();
  }
  TimeUs mono_us() override {
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(since).count();
  }
};

}  // namespace

Clock& system_clock() {
  static SystemClock clock;
  return clock;
}

}  // namespace adbacus
