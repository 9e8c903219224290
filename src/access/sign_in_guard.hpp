// How fast somebody may guess passwords: by address, by name (known or not), and slower with every
// wrong one. In memory, bounded; thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/clock.hpp"
#include "counters/counters.hpp"

namespace adbacus {

struct SignInLimits {
  std::uint32_t window_s = 900;
  std::uint32_t of_address = 30;    // tries of one IPv4 address or IPv6 /64
  std::uint32_t of_name = 10;       // tries for one name of one tenant
  std::uint32_t free_failures = 3;  // after these each wrong password doubles the wait
  TimeUs wait_max_us = 900 * kSecondUs;
};

class SignInGuard {
 public:
  // Both must outlive the object.
  SignInGuard(RateLimits& limits, Clock& clock, const SignInLimits& options)
      : limits_(limits), clock_(clock), options_(options) {}
  // 0: try now, which counts. Else how long to wait.
  TimeUs begin(const std::string& address, const std::string& name);
  void failed(const std::string& name);
  void succeeded(const std::string& name);

 private:
  struct Failures {
    std::uint32_t count = 0;
    TimeUs not_before_us = 0;
  };
  void make_room();  // holds mutex_

  RateLimits& limits_;
  Clock& clock_;
  const SignInLimits options_;
  std::mutex mutex_;
  std::unordered_map<std::string, Failures> failures_;  // guarded by mutex_
};

}  // namespace adbacus
