#include "app/load/latency_histogram.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <vector>

#include "app/load/load_schedule.hpp"
#include "base/rng.hpp"

namespace adbacus {
namespace {

TEST(LatencyHistogram, PutsQuantilesAtMost1Point6PercentAboveTheTrueValue) {
  LatencyHistogram histogram;
  LatencyHistogram other;
  Rng rng(5);
  std::vector<std::uint64_t> values;
  for (int i = 0; i < 50'000; ++i) {
    values.push_back(rng.next() >> rng.below(64));
    (i % 2 == 0 ? histogram : other).record(values.back());
  }
  histogram.merge(other);
  std::sort(values.begin(), values.end());
  for (const double q : {0.0001, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::ceil(q * 50'000));
    const std::uint64_t truth = values[std::max<std::size_t>(rank, 1) - 1];
    EXPECT_GE(histogram.quantile(q), truth);
    EXPECT_LE(histogram.quantile(q) - truth, truth / 64);
  }
  EXPECT_EQ(histogram.max(), values.back());
  EXPECT_EQ(histogram.count(), values.size());
}

TEST(LatencyHistogram, IsExactBelow128) {
  for (std::uint64_t value = 0; value < 128; ++value) {
    LatencyHistogram histogram;
    histogram.record(value);
    histogram.record(1'000'000);
    EXPECT_EQ(histogram.quantile(0.5), value);
  }
  EXPECT_EQ(LatencyHistogram().quantile(0.5), 0U);
}

TEST(LoadSchedule, KeepsItsTimesWhateverTheServerDoes) {
  LoadSchedule schedule(1'000, 250, 11'000, 0);  // 40 requests in 10 ms
  EXPECT_EQ(schedule.next_us(0), 1'000);
  int taken = 0;
  for (; !schedule.is_over(10'999); ++taken) {
    EXPECT_EQ(schedule.next_us(10'999), 1'000 + taken * 250);
    schedule.take(1);
  }
  EXPECT_EQ(taken, 40);
  EXPECT_EQ(schedule.left_over(), 0U);
}

TEST(LoadSchedule, CountsWhatWasDueAndFoundNoConnection) {
  LoadSchedule schedule(0, 100, 10'000, 0);
  for (int i = 0; i < 30; ++i) schedule.take(1);
  EXPECT_FALSE(schedule.is_over(10'000));
  EXPECT_TRUE(schedule.is_over(10'000 + 100'000));
  EXPECT_EQ(schedule.left_over(), 70U);
}

TEST(LoadSchedule, EndsAfterItsEvents) {
  LoadSchedule schedule(0, 0, 1'000'000, 250);
  EXPECT_EQ(schedule.next_us(77), 77);
  EXPECT_EQ(schedule.take(100), 100U);
  EXPECT_EQ(schedule.take(100), 100U);
  EXPECT_FALSE(schedule.is_over(1));
  EXPECT_EQ(schedule.take(100), 50U);
  EXPECT_TRUE(schedule.is_over(1));
}

}  // namespace
}  // namespace adbacus
