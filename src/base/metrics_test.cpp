#include "base/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

#include "base/rng.hpp"

namespace adbacus {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Metrics, GivesTheSameObjectForTheSameNameAndLabels) {
  Counter& a = counter("adbacus_test_same_total", "help", "result=\"a\"");
  Counter& b = counter("adbacus_test_same_total", "help", "result=\"b\"");
  EXPECT_EQ(&a, &counter("adbacus_test_same_total", "help", "result=\"a\""));
  EXPECT_NE(&a, &b);
}

TEST(Metrics, CountsWithoutLossFromManyThreads) {
  Counter& count = counter("adbacus_test_threads_total", "help");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&count] {
      for (int i = 0; i < 10'000; ++i) count.add();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count.value(), 40'000U);
}

TEST(Metrics, PrintsAFamilyOnceWithItsSeriesBelow) {
  counter("adbacus_test_print_total", "Lines \\ of\ntext.", "kind=\"b\"").add(3);
  counter("adbacus_test_print_total", "ignored", "kind=\"a\"").add(2);
  gauge("adbacus_test_depth", "Depth.").set(-5);
  const std::string text = metrics_text();
  EXPECT_THAT(text, HasSubstr("# HELP adbacus_test_print_total Lines \\\\ of\\ntext.\n"
                              "# TYPE adbacus_test_print_total counter\n"
                              "adbacus_test_print_total{kind=\"a\"} 2\n"
                              "adbacus_test_print_total{kind=\"b\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE adbacus_test_depth gauge\nadbacus_test_depth -5\n"));
  EXPECT_LT(text.find("adbacus_test_depth"), text.find("adbacus_test_print_total"));
}

TEST(Metrics, PrintsAHistogramInSeconds) {
  Histogram& h = histogram("adbacus_test_duration_seconds", "Time.", "op=\"x\"");
  h.record_us(40);
  h.record_us(3'000);
  h.record_us(90'000'000);
  const std::string text = metrics_text();
  for (const char* line : {"adbacus_test_duration_seconds_bucket{op=\"x\",le=\"0.00005\"} 1\n",
                           "adbacus_test_duration_seconds_bucket{op=\"x\",le=\"0.0025\"} 1\n",
                           "adbacus_test_duration_seconds_bucket{op=\"x\",le=\"0.005\"} 2\n",
                           "adbacus_test_duration_seconds_bucket{op=\"x\",le=\"60\"} 2\n",
                           "adbacus_test_duration_seconds_bucket{op=\"x\",le=\"+Inf\"} 3\n",
                           "adbacus_test_duration_seconds_sum{op=\"x\"} 90.00304\n",
                           "adbacus_test_duration_seconds_count{op=\"x\"} 3\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(Metrics, ReadsAComputedGaugeOnlyWhileItIsRegistered) {
  {
    const GaugeFn old_one("adbacus_test_lag_seconds", "Lag.", "", [] { return 1.0; });
    const GaugeFn new_one("adbacus_test_lag_seconds", "Lag.", "", [] { return 2.5; });
    EXPECT_THAT(metrics_text(), HasSubstr("adbacus_test_lag_seconds 2.5\n"));
  }
  EXPECT_THAT(metrics_text(), Not(HasSubstr("adbacus_test_lag_seconds")));
}

TEST(Histogram, PutsEveryQuantileWithinAnEighthAboveTheTrueValue) {
  Histogram h;
  Rng rng(42);
  std::vector<std::uint64_t> values;
  for (int i = 0; i < 20'000; ++i) {
    values.push_back(rng.next() >> (34 + rng.below(30)));
    h.record_us(values.back());
  }
  std::sort(values.begin(), values.end());
  for (const double q : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::max(1.0, std::ceil(q * 20'000)));
    const std::uint64_t truth = values[rank - 1];
    EXPECT_GE(h.quantile_us(q), truth) << q;
    EXPECT_LE(h.quantile_us(q), truth + truth / 8) << q;
  }
  EXPECT_EQ(h.count(), 20'000U);
}

TEST(Histogram, IsEmptyAtFirstAndKeepsWhatIsTooLargeInItsLastBucket) {
  Histogram h;
  EXPECT_EQ(h.quantile_us(0.5), 0U);
  h.record_us(~0ULL);
  EXPECT_GT(h.quantile_us(1.0), 1'000'000'000U);
  EXPECT_EQ(h.cumulative(1'000'000'000), 0U);
}

TEST(Histogram, CountsCumulativelyUpToABucketsEnd) {
  Histogram h;
  for (std::uint64_t us = 0; us < 4096; ++us) h.record_us(us);
  EXPECT_EQ(h.cumulative(0), 1U);
  EXPECT_EQ(h.cumulative(7), 8U);
  EXPECT_EQ(h.cumulative(1023), 1024U);
  EXPECT_EQ(h.cumulative(4095), 4096U);
}

}  // namespace
}  // namespace adbacus
