#include "app/lag_admission.hpp"

#include <gtest/gtest.h>

namespace adbacus {
namespace {

struct Bench {
  std::mutex mutex;
  PipelineStatus status;
  void set(Seq position, TimeUs lag_us) {
    const std::lock_guard lock(mutex);
    status.position = position;
    status.lag_us = lag_us;
  }
  LagAdmission admission{[this] {
                           const std::lock_guard lock(mutex);
                           return status;
                         },
                         {.tick_ms = 3'600'000}};  // the test ticks
};

using Verdict = Admission::Verdict;

TEST(LagAdmission, AdmitsEverythingWhileTheLagIsSmall) {
  Bench bench;
  bench.set(100, 29 * kSecondUs);
  bench.admission.tick();
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(bench.admission.admit("1", 1'000'000).verdict, Verdict::admit);
}

TEST(LagAdmission, LetsInAsManyEventsAsWereFoldedWhenSlow) {
  Bench bench;
  bench.set(1000, 31 * kSecondUs);
  bench.admission.tick();
  bench.set(1010, 31 * kSecondUs);
  bench.admission.tick();
  int admitted = 0;
  while (bench.admission.admit("1", 100).verdict == Verdict::admit) ++admitted;
  EXPECT_EQ(admitted, 10);
  EXPECT_EQ(bench.admission.admit("1", 100).verdict, Verdict::delay);
  int resumed = 0;
  bench.admission.delay([&] { ++resumed; });
  bench.set(1020, 31 * kSecondUs);
  bench.admission.tick();
  EXPECT_EQ(resumed, 1);
}

TEST(LagAdmission, RefusesWithRetryAfterWhenFarBehindAndRecoversByItself) {
  Bench bench;
  bench.set(1, 300 * kSecondUs);
  bench.admission.tick();
  const Admission refused = bench.admission.admit("1", 1);
  EXPECT_EQ(refused.verdict, Verdict::refuse);
  EXPECT_EQ(refused.status, 503);
  EXPECT_GT(refused.retry_after_s, 0);
  bench.set(2, 0);
  bench.admission.tick();
  EXPECT_EQ(bench.admission.admit("1", 1).verdict, Verdict::admit);
}

}  // namespace
}  // namespace adbacus
