// The only source of time. Everything that needs the time of day gets a Clock by reference, so
// that tests can own it. Implementations are thread-safe.
#pragma once

#include <cstdint>

namespace adbacus {

// Microseconds since 1970-01-01T00:00:00Z. Negative values are before it.
using TimeUs = std::int64_t;

inline constexpr TimeUs kMillisecondUs = 1'000;
inline constexpr TimeUs kSecondUs = 1'000'000;
inline constexpr TimeUs kMinuteUs = 60 * kSecondUs;
inline constexpr TimeUs kHourUs = 60 * kMinuteUs;
inline constexpr TimeUs kDayUs = 24 * kHourUs;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimeUs wall_us() = 0;  // may step in either direction
  virtual TimeUs mono_us() = 0;  // never goes back; its zero has no meaning
};

Clock& system_clock();  // the machine's clock; lives for the whole process

// Greatest multiple of `unit` not later than `time`, for negative times too.
constexpr TimeUs floor_to(TimeUs time, TimeUs unit) {
  const TimeUs rest = time % unit;
  return rest < 0 ? time - rest - unit : time - rest;
}

}  // namespace adbacus
