#include "base/breather.hpp"

#include <ctime>
#include <gtest/gtest.h>
#include <thread>

namespace adbacus {
namespace {

double read_s(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

struct Spent {
  double cpu_s = 0;
  double wall_s = 0;
  std::uint64_t rests = 0;
};

// Works until this thread has used `cpu_s`, breathing on the way.
Spent work_for(double cpu_s, bool is_behind) {
  Spent spent;
  std::thread([&] {
    const Breather breather;
    breathe_less(is_behind);
    const double cpu_begin_s = read_s(CLOCK_THREAD_CPUTIME_ID);
    const double begin_s = read_s(CLOCK_MONOTONIC);
    while (read_s(CLOCK_THREAD_CPUTIME_ID) - cpu_begin_s < cpu_s) breathe();
    spent = {read_s(CLOCK_THREAD_CPUTIME_ID) - cpu_begin_s, read_s(CLOCK_MONOTONIC) - begin_s,
             breather.rests()};
  }).join();
  return spent;
}

}  // namespace

TEST(Breather, ABreathingThreadTakesAtMostHalfOfACore) {
  const Spent spent = work_for(0.05, false);
  // Time in which the machine did something else counts too, so this holds when it is busy.
  EXPECT_GE(spent.wall_s, 1.8 * spent.cpu_s);
}

TEST(Breather, AThreadThatIsBehindDoesNotRest) {
  EXPECT_EQ(work_for(0.02, true).rests, 0U);
}

TEST(Breather, BreathingDoesNothingInOtherThreads) {
  const Spent spent = work_for(0, false);  // its Breather is gone
  EXPECT_EQ(spent.rests, 0U);
  breathe_less(false);
  breathe();
}

// A thread that waited for its work owes no rest for it.
TEST(Breather, WaitingCountsAsRest) {
  std::thread([] {
    const Breather breather;
    for (int round = 0; round < 20; ++round) {
      const double until_s = read_s(CLOCK_THREAD_CPUTIME_ID) + 0.0005;
      while (read_s(CLOCK_THREAD_CPUTIME_ID) < until_s) breathe();
      const timespec pause{.tv_sec = 0, .tv_nsec = 2'000'000};
      ::nanosleep(&pause, nullptr);
      breathe();
    }
    EXPECT_EQ(breather.rests(), 0U);
  }).join();
}

}  // namespace adbacus
