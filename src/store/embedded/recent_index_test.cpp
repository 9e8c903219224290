#include "store/embedded/recent_index.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace adbacus {
namespace {

FactRuns impressions(Period hour, TableNumber table = 0) {
  RowRunBuilder builder;
  Counters counters;
  counters[Counter64::impressions] = 1;
  builder.add(0, 0, 0, Slice::counted_valid, counters);
  return {{{table, RowKind::traffic_hour, hour}, builder.finish()}};
}

std::int64_t count(const RecentIndex& index, Period hour, bool& covered, TableNumber table = 0) {
  const RecentIndex::Wanted wanted[] = {{RowKind::traffic_hour, hour}};
  std::vector<RecentIndex::BlockPtr> blocks;
  covered = index.collect(table, wanted, blocks);
  std::int64_t sum = 0;
  if (!blocks[0]) return 0;
  for (const RowRunPtr& run : blocks[0]->runs) {
    for_each_row(*run, [&](CampaignNumber, const RowRun::Head& head, const auto* words) {
      sum += RowRun::value(head, words, Counter64::impressions);
    });
  }
  return sum;
}

TEST(RecentIndex, SumsWhatWasAddedAndKnowsEmptyHours) {
  RecentIndex index({});
  for (int i = 0; i < 100; ++i) index.add(impressions(7), 7);
  bool covered = false;
  EXPECT_EQ(count(index, 7, covered), 100);
  EXPECT_TRUE(covered);
  EXPECT_EQ(count(index, 8, covered), 0);
  EXPECT_TRUE(covered);
  EXPECT_EQ(count(index, 7, covered, 3), 0);
  EXPECT_TRUE(covered);
  EXPECT_EQ(index.rows(), 1U);  // runs of equal keys melt into one
}

TEST(RecentIndex, DropsHoursBehindTheHorizonAndSaysSo) {
  RecentIndex index({2, 10, 1U << 20U});
  for (Period hour = 0; hour <= 30; ++hour) index.add(impressions(hour), hour);
  index.evict();
  bool covered = true;
  EXPECT_EQ(count(index, 19, covered), 0);
  EXPECT_FALSE(covered);
  EXPECT_EQ(count(index, 20, covered), 1);
  EXPECT_TRUE(covered);
  index.add(impressions(5), 30);  // a late row of a dropped hour is not kept
  EXPECT_EQ(index.rows(), 11U);
}

TEST(RecentIndex, KeepsItsMemoryBound) {
  RecentIndexOptions options;
  options.bytes_max = 20'000;
  RecentIndex index(options);
  for (Period hour = 0; hour < 500; ++hour) {
    index.add(impressions(hour), hour);
    index.evict();
    ASSERT_LE(index.bytes(), options.bytes_max);
  }
  bool covered = false;
  EXPECT_EQ(count(index, 499, covered), 1);
  EXPECT_TRUE(covered);
  EXPECT_EQ(count(index, 1, covered), 0);
  EXPECT_FALSE(covered);
}

TEST(RecentIndex, CoversLoadedHoursOnceTheyAreLoaded) {
  RecentIndex index({});
  index.stored_until(RowKind::traffic_hour, 10);
  bool covered = true;
  index.add(impressions(9), 10);
  EXPECT_EQ(count(index, 9, covered), 1);
  EXPECT_FALSE(covered);
  index.load(RowKind::traffic_hour, 8, impressions(9));
  EXPECT_EQ(count(index, 9, covered), 2);
  EXPECT_TRUE(covered);
  EXPECT_EQ(count(index, 7, covered), 0);
  EXPECT_FALSE(covered);
}

}  // namespace
}  // namespace adbacus
