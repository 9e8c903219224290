#include "store/lake/lake.hpp"

#include <filesystem>
#include <gtest/gtest.h>
#include <span>
#include <thread>

#include "base/failpoint.hpp"
#include "store/lake/testing/lake_folder.hpp"
#include "store/lake/testing/rows.hpp"

namespace adbacus {
namespace {

using testing_lake::CrashAt;
using testing_lake::ExpectedRow;
using testing_lake::RandomEvents;

class LakeTest : public testing_lake::LakeFolder {
 protected:
  // Batches of a few hundred events over several event hours.
  std::vector<LakeBatch> batches(RandomEvents& random, std::size_t count,
                                 std::vector<ExpectedRow>& expected) {
    std::vector<LakeBatch> all;
    for (std::size_t i = 0; i < count; ++i)
      all.push_back(random.batch(1 + random.rng.below(400), &expected));
    return all;
  }
};

TEST_F(LakeTest, ShowsAfterAFlushExactlyWhatWasWritten) {
  const std::uint64_t seed = testing_lake::test_seed();
  SCOPED_TRACE(seed);
  RandomEvents random(seed);
  random.time_span_us = 5 * kHourUs;
  std::vector<ExpectedRow> expected;
  auto lake = open();
  for (const LakeBatch& batch : batches(random, 20, expected)) ASSERT_TRUE(lake->write(batch));
  ASSERT_TRUE(lake->flush());
  EXPECT_EQ(*lake->committed(), random.next_seq - 1);
  EXPECT_EQ(lake->visible_files(0, INT64_MAX)->size(), 5U);
  expect_visible(*lake, expected);
  EXPECT_EQ(lake->status().rows, expected.size());
  lake->close();
  expect_visible(*open(), expected);
}

TEST_F(LakeTest, CloseMakesTheRestVisible) {
  RandomEvents random(1);
  std::vector<ExpectedRow> expected;
  auto lake = open();
  for (const LakeBatch& batch : batches(random, 3, expected)) ASSERT_TRUE(lake->write(batch));
  lake->close();
  EXPECT_FALSE(lake->write(random.batch(1, nullptr)));
  expect_visible(*open(), expected);
}

TEST_F(LakeTest, CutsFilesByRowsAndByLogTime) {
  RandomEvents random(2);
  options_.rows_max = 100;
  std::vector<ExpectedRow> expected;
  auto lake = open();
  ASSERT_TRUE(lake->write(random.batch(450, &expected)));
  ASSERT_TRUE(lake->flush());
  EXPECT_EQ(lake->visible_files(0, INT64_MAX)->size(), 5U);
  ASSERT_TRUE(lake->write(random.batch(10, &expected)));
  random.log_time_us += options_.cut_interval_us;
  ASSERT_TRUE(lake->write(random.batch(10, &expected)));
  ASSERT_TRUE(lake->flush());
  EXPECT_EQ(lake->visible_files(0, INT64_MAX)->size(), 7U);
  expect_visible(*lake, expected);
}

TEST_F(LakeTest, KeepsManyHoursAtOnceInBounds) {
  RandomEvents random(3);
  random.time_span_us = 40 * kHourUs;
  options_.open_hours_max = 10;
  std::vector<ExpectedRow> expected;
  auto lake = open();
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(lake->write(random.batch(30, &expected)));
    EXPECT_LE(lake->status().open_hours, options_.open_hours_max);
  }
  ASSERT_TRUE(lake->flush());
  expect_visible(*lake, expected);
}

TEST_F(LakeTest, TakesWhatIsReplayedOnlyOnce) {
  const std::uint64_t seed = testing_lake::test_seed();
  SCOPED_TRACE(seed);
  RandomEvents random(seed);
  random.time_span_us = 3 * kHourUs;
  options_.rows_max = 150;
  std::vector<ExpectedRow> expected;
  const auto all = batches(random, 10, expected);
  auto lake = open();
  for (std::size_t i = 0; i < 6; ++i) ASSERT_TRUE(lake->write(all[i]));
  ASSERT_TRUE(lake->write(all[3]));
  ASSERT_TRUE(lake->flush());
  lake = open();
  for (const LakeBatch& batch : all) ASSERT_TRUE(lake->write(batch));
  ASSERT_TRUE(lake->flush());
  expect_visible(*lake, expected);
}

TEST_F(LakeTest, RefusesABatchThatLeavesAGap) {
  RandomEvents random(4);
  auto lake = open();
  random.batch(10, nullptr);
  auto written = lake->write(random.batch(10, nullptr));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::corrupt);
}

TEST_F(LakeTest, ACrashAnywhereLosesAndRepeatsNothing) {
  const std::uint64_t seed = testing_lake::test_seed();
  SCOPED_TRACE(seed);
  RandomEvents random(seed);
  random.time_span_us = 3 * kHourUs;
  options_.rows_max = 200;
  std::vector<ExpectedRow> expected;
  std::vector<LakeBatch> all;
  for (int i = 0; i < 4; ++i) all.push_back(random.batch(150, &expected));
  int crashes = 0;
  for (int nth = 1;; ++nth) {
    SCOPED_TRACE(nth);
    wipe();
    bool crashed = false;
    {
      CrashAt crash("lake.", nth);
      auto lake = open();
      for (const LakeBatch& batch : all) {
        if (!lake->write(batch)) break;
      }
      const bool flushed = static_cast<bool>(lake->flush());
      crashed = crash.crashed();
      EXPECT_EQ(flushed, !crashed);
      EXPECT_EQ(lake->status().failed, crashed);
    }
    auto lake = open();
    // Nothing at or below the committed position is missing, nothing is there twice.
    const Seq committed = *lake->committed();
    for (const LakeBatch& batch : all) {
      if (batch.to <= committed) continue;
      ASSERT_TRUE(lake->write(batch));
    }
    ASSERT_TRUE(lake->flush());
    expect_visible(*lake, expected);
    EXPECT_EQ(files_on_disk().size(), lake->visible_files(0, INT64_MAX)->size() + 1);
    if (!crashed) break;
    crashes = nth;
  }
  EXPECT_GT(crashes, 8);
}

TEST_F(LakeTest, RemovesFilesThatNoManifestLineNames) {
  RandomEvents random(5);
  std::vector<ExpectedRow> expected;
  auto lake = open();
  ASSERT_TRUE(lake->write(random.batch(50, &expected)));
  ASSERT_TRUE(lake->flush());
  lake.reset();
  ASSERT_TRUE(objects_->put("lake/events/date=2026-11-21/hour=12/foreign.parquet", "x"));
  ASSERT_TRUE(objects_->put("lake/events/stray", "x"));
  ASSERT_TRUE(objects_->put("lake/merge.tmp", "half"));
  lake = open();
  expect_visible(*lake, expected);
  EXPECT_EQ(files_on_disk().size(), 2U);
}

TEST_F(LakeTest, RefusesToOpenWithoutAFileOfTheManifest) {
  RandomEvents random(6);
  auto lake = open();
  ASSERT_TRUE(lake->write(random.batch(50, nullptr)));
  ASSERT_TRUE(lake->flush());
  const std::string path = lake->visible_files(0, INT64_MAX)->front();
  lake.reset();
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  EXPECT_EQ(try_open().error().code, ErrorCode::corrupt);
  std::filesystem::remove(path);
  auto opened = try_open();
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("missing"), std::string::npos);
}

TEST_F(LakeTest, AFullQueueHoldsTheWriterBackAndLosesNothing) {
  RandomEvents random(7);
  options_.queued_bytes_max = 1;
  options_.rows_max = 500;
  std::vector<ExpectedRow> expected;
  auto lake = open();
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(lake->write(random.batch(100, &expected)));
  ASSERT_TRUE(lake->flush());
  expect_visible(*lake, expected);
}

TEST_F(LakeTest, EqualRowsGiveEqualFilesWhereverTheBatchesEnd) {
  std::vector<std::string> hashes;
  for (const std::size_t step : {37U, 1000U}) {
    wipe();
    RandomEvents random(8);
    random.time_span_us = 2 * kHourUs;
    options_.rows_max = 300;
    const LakeBatch whole = random.batch(1000, nullptr);
    auto lake = open();
    for (std::size_t at = 0; at < whole.events.size(); at += step) {
      LakeBatch part = whole;
      const std::size_t end = std::min(at + step, whole.events.size());
      part.events = {whole.events.begin() + static_cast<std::ptrdiff_t>(at),
                     whole.events.begin() + static_cast<std::ptrdiff_t>(end)};
      part.from = whole.from + at;
      part.to = whole.from + end;
      ASSERT_TRUE(lake->write(part));
    }
    lake->close();
    std::string all;
    const auto objects = objects_->list("lake/events/");
    for (const ObjectInfo& object : *objects)
      all += object.name + "=" + *objects_->get(object.name);
    hashes.push_back(std::move(all));
  }
  EXPECT_TRUE(hashes[0] == hashes[1]);
}

// Storage that has no room for a while.
class FullObjects final : public ObjectStore {
 public:
  explicit FullObjects(ObjectStore& under) : under_(under) {}
  Result<void> put(const std::string& name, std::string_view content) override {
    if (is_full) return Error{ErrorCode::storage_full, "no room"};
    return under_.put(name, content);
  }
  Result<std::string> get(const std::string& name) override { return under_.get(name); }
  Result<std::string> get_range(const std::string& name, std::uint64_t offset,
                                std::uint64_t bytes) override {
    return under_.get_range(name, offset, bytes);
  }
  Result<ObjectInfo> info(const std::string& name) override { return under_.info(name); }
  Result<std::vector<ObjectInfo>> list(const std::string& prefix) override {
    return under_.list(prefix);
  }
  Result<void> remove(const std::string& name) override { return under_.remove(name); }
  std::string local_path(const std::string& name) const override { return under_.local_path(name); }

  std::atomic<bool> is_full{true};

 private:
  ObjectStore& under_;
};

// What was being built may be half built: it fails in order, and a new start takes the rest again.
TEST_F(LakeTest, FailsInOrderWithoutMemoryAndLosesNothing) {
  RandomEvents random(10);
  std::vector<ExpectedRow> expected;
  const auto all = batches(random, 6, expected);
  auto lake = open();
  for (const LakeBatch& batch : std::span(all).first(3)) ASSERT_TRUE(lake->write(batch));
  ASSERT_TRUE(lake->flush());
  ASSERT_TRUE(failpoint_configure("lake.before_put=1*no_memory"));
  ASSERT_TRUE(lake->write(all[3]));
  EXPECT_FALSE(lake->flush());
  EXPECT_TRUE(lake->status().failed);
  ASSERT_TRUE(failpoint_configure(""));
  lake.reset();
  lake = open();
  EXPECT_EQ(*lake->committed(), all[2].to);
  for (const LakeBatch& batch : all) ASSERT_TRUE(lake->write(batch));
  ASSERT_TRUE(lake->flush());
  expect_visible(*lake, expected);
}

TEST_F(LakeTest, GoesOnWhenThereIsSpaceAgain) {
  RandomEvents random(9);
  random.time_span_us = 2 * kHourUs;
  options_.rows_max = 100;
  std::vector<ExpectedRow> expected;
  FullObjects full(*objects_);
  auto lake = open_lake(real_file_system(), full, system_clock(), options_);
  ASSERT_TRUE(lake);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE((*lake)->write(random.batch(100, &expected)));
  EXPECT_EQ((*lake)->flush().error().code, ErrorCode::storage_full) << "nobody waits for space";
  EXPECT_TRUE((*lake)->status().storage_full);
  EXPECT_FALSE((*lake)->status().failed);
  full.is_full = false;
  while (!(*lake)->flush()) EXPECT_FALSE((*lake)->status().failed);
  EXPECT_FALSE((*lake)->status().storage_full);
  expect_visible(**lake, expected);
}

// A writer that waits for a full queue is let go, and what was not cut is taken again.
TEST_F(LakeTest, ClosesWhileThereIsNoSpace) {
  RandomEvents random(11);
  options_.rows_max = 100;
  options_.queued_bytes_max = 1;
  std::vector<ExpectedRow> expected;
  const auto all = batches(random, 8, expected);
  FullObjects full(*objects_);
  auto lake = open_lake(real_file_system(), full, system_clock(), options_);
  ASSERT_TRUE(lake);
  std::thread writer([&] {
    for (const LakeBatch& batch : all) {
      if (!(*lake)->write(batch)) return;
    }
    ADD_FAILURE() << "everything was taken without space";
  });
  while (!(*lake)->status().storage_full) std::this_thread::yield();
  (*lake)->close();
  writer.join();
  auto again = open();
  EXPECT_EQ(*again->committed(), 0U);
  for (const LakeBatch& batch : all) ASSERT_TRUE(again->write(batch));
  ASSERT_TRUE(again->flush());
  expect_visible(*again, expected);
}

}  // namespace
}  // namespace adbacus
