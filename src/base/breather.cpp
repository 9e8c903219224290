#include "base/breather.hpp"

#include <algorithm>
#include <cassert>
#include <ctime>

namespace adbacus {
namespace {

constexpr std::int64_t kLookNs = 250'000;    // between two looks at the thread's own time
constexpr std::int64_t kWorkNs = 1'000'000;  // worked before a rest
constexpr std::int64_t kRestMaxNs = 4'000'000;

thread_local Breather* breather_of_thread = nullptr;

std::int64_t read_ns(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

Breather::Breather(int rests_per_work)
    : rests_per_work_(rests_per_work),
      seen_ns_(read_ns(CLOCK_MONOTONIC)),
      seen_cpu_ns_(read_ns(CLOCK_THREAD_CPUTIME_ID)) {
  assert(breather_of_thread == nullptr);
  breather_of_thread = this;
}

Breather::~Breather() {
  breather_of_thread = nullptr;
}

void Breather::look() {
  const std::int64_t now_ns = read_ns(CLOCK_MONOTONIC);
  const std::int64_t passed_ns = now_ns - seen_ns_;
  if (passed_ns < kLookNs) return;
  const std::int64_t cpu_ns = read_ns(CLOCK_THREAD_CPUTIME_ID);
  const std::int64_t worked_ns = cpu_ns - seen_cpu_ns_;
  seen_ns_ = now_ns;
  seen_cpu_ns_ = cpu_ns;
  owed_ns_ =
      std::max<std::int64_t>(0, owed_ns_ + worked_ns * rests_per_work_ - (passed_ns - worked_ns));
  if (owed_ns_ < kWorkNs * rests_per_work_) return;
  // The next look counts this rest as waited.
  const timespec rest{.tv_sec = 0, .tv_nsec = std::min(owed_ns_, kRestMaxNs)};
  ::nanosleep(&rest, nullptr);  // an early end by a signal is as good
  ++rests_;
}

void breathe_less(bool is_behind) {
  if (breather_of_thread != nullptr) breather_of_thread->is_behind_ = is_behind;
}

void breathe() {
  Breather* const breather = breather_of_thread;
  if (breather != nullptr && !breather->is_behind_) breather->look();
}

}  // namespace adbacus
