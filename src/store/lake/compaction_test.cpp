#include "store/lake/compaction.hpp"

#include <filesystem>
#include <gtest/gtest.h>
#include <thread>

#include "base/clock.hpp"
#include "store/lake/testing/lake_folder.hpp"
#include "store/lake/testing/rows.hpp"

namespace adbacus {
namespace {

using testing_lake::CrashAt;
using testing_lake::ExpectedRow;
using testing_lake::RandomEvents;

constexpr TimeUs kNoonUs = 1'795'262'400'000'000;
constexpr TimeUs kLaterUs = kNoonUs + 5 * kHourUs;

std::vector<LakeFile> files_of(std::initializer_list<std::uint64_t> rows,
                               TimeUs hour_us = kNoonUs) {
  std::vector<LakeFile> files;
  Seq seq = 1;
  for (const std::uint64_t n : rows) {
    LakeFile file;
    file.hour_us = hour_us;
    file.first_seq = seq;
    file.last_seq = seq + n - 1;
    file.rows = n;
    seq += n;
    files.push_back(file);
  }
  return files;
}

TEST(PickMerge, TakesNeighboursOfAClosedHourUpToTheRowLimit) {
  LakeOptions options;
  options.rows_max = 100;
  options.compact_files_min = 3;
  EXPECT_EQ(pick_merge(options, files_of({10, 10, 10}), kLaterUs).size(), 3U);
  EXPECT_EQ(pick_merge(options, files_of({10, 10}), kLaterUs).size(), 0U);
  EXPECT_EQ(pick_merge(options, files_of({40, 40, 20, 40}), kLaterUs).size(), 3U);
  EXPECT_EQ(pick_merge(options, files_of({100, 10, 10, 10}), kLaterUs).front().first_seq, 101U);
  EXPECT_EQ(pick_merge(options, files_of({60, 60, 60, 60}), kLaterUs).size(), 0U);
}

TEST(PickMerge, LeavesOpenHoursAlone) {
  LakeOptions options;
  const auto files = files_of({10, 10, 10, 10, 10});
  const TimeUs closed_us = kNoonUs + kHourUs + options.compact_grace_us;
  EXPECT_TRUE(pick_merge(options, files, closed_us - 1).empty());
  EXPECT_EQ(pick_merge(options, files, closed_us).size(), 5U);
}

TEST(PickMerge, DoesNotMixHours) {
  LakeOptions options;
  auto files = files_of({10, 10, 10});
  for (const LakeFile& file : files_of({10, 10, 10}, kNoonUs + kHourUs)) files.push_back(file);
  EXPECT_TRUE(pick_merge(options, files, kLaterUs).empty());
}

TEST(PickMerge, DoesNotRewriteALargeFileForAFewLateEvents) {
  LakeOptions options;
  EXPECT_TRUE(pick_merge(options, files_of({900'000, 1, 1, 1, 1}), kLaterUs).empty());
}

class CompactionTest : public testing_lake::LakeFolder {
 protected:
  // Several files in each of two hours, all closed.
  std::unique_ptr<EventLake> small_files(RandomEvents& random, std::vector<ExpectedRow>& expected) {
    random.time_span_us = 2 * kHourUs;
    auto lake = open();
    for (int i = 0; i < 6; ++i) {
      if (i == 5) random.log_time_us += 4 * kHourUs;
      EXPECT_TRUE(lake->write(random.batch(40, &expected)));
      EXPECT_TRUE(lake->flush());
    }
    EXPECT_EQ(lake->status().files, 12U);
    return lake;
  }
};

TEST_F(CompactionTest, KeepsEveryRow) {
  const std::uint64_t seed = testing_lake::test_seed();
  SCOPED_TRACE(seed);
  RandomEvents random(seed);
  std::vector<ExpectedRow> expected;
  auto lake = small_files(random, expected);
  int merges = 0;
  while (*lake->compact_once()) ++merges;
  EXPECT_EQ(merges, 2);
  EXPECT_EQ(lake->status().files, 2U);
  EXPECT_EQ(lake->status().rows, expected.size());
  EXPECT_EQ(files_on_disk().size(), 3U);
  expect_visible(*lake, expected);
  ASSERT_TRUE(lake->write(random.batch(40, &expected)));
  ASSERT_TRUE(lake->flush());
  lake = open();
  expect_visible(*lake, expected);
}

TEST_F(CompactionTest, ACrashInAMergeLosesAndRepeatsNothing) {
  for (int nth = 1;; ++nth) {
    SCOPED_TRACE(nth);
    wipe();
    RandomEvents random(3);
    std::vector<ExpectedRow> expected;
    bool crashed = false;
    {
      auto lake = small_files(random, expected);
      CrashAt crash("lake.", nth);
      (void)lake->compact_once();
      crashed = crash.crashed();
      lake->close();
    }
    auto lake = open();
    expect_visible(*lake, expected);
    EXPECT_EQ(files_on_disk().size(), lake->status().files + 1);
    if (!crashed) break;
  }
}

TEST_F(CompactionTest, AFileStaysReadableWhileASnapshotHoldsIt) {
  RandomEvents random(4);
  std::vector<ExpectedRow> expected;
  small_files(random, expected)->close();
  auto visible = VisibleFiles::open(real_file_system(), *objects_, options_.folder);
  ASSERT_TRUE(visible);
  auto duckdb = open_duckdb_session({options_.folder});
  ASSERT_TRUE(duckdb);
  auto before = (*visible)->snapshot();
  std::vector<std::string> old_paths;
  for (const LakeFile& file : before->files) old_paths.push_back((*visible)->local_path(file.name));
  auto merged = merge_small_files(real_file_system(), options_, **visible, **duckdb, kLaterUs);
  ASSERT_TRUE(merged) << merged.error().message;
  EXPECT_TRUE(*merged);
  testing_lake::expect_rows(**duckdb, old_paths, expected);
  before.reset();
  EXPECT_FALSE(std::filesystem::exists(old_paths.front()));
}

TEST_F(CompactionTest, RunsByItselfOnceHoursAreClosed) {
  options_.compact = true;
  RandomEvents random(5);
  std::vector<ExpectedRow> expected;
  random.time_span_us = kHourUs;
  auto lake = open();
  for (int i = 0; i < 6; ++i) {
    if (i == 5) random.log_time_us += 4 * kHourUs;
    ASSERT_TRUE(lake->write(random.batch(40, &expected)));
    ASSERT_TRUE(lake->flush());
  }
  const TimeUs until_us = system_clock().mono_us() + 30 * kSecondUs;
  while (lake->status().files > 2 && system_clock().mono_us() < until_us) std::this_thread::yield();
  EXPECT_LE(lake->status().files, 2U);
  expect_visible(*lake, expected);
}

}  // namespace
}  // namespace adbacus
