#include "store/lake/event_file.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

#include "store/lake/duckdb_session.hpp"
#include "store/lake/testing/lake_folder.hpp"
#include "store/lake/testing/random_events.hpp"
#include "store/lake/testing/rows.hpp"

namespace adbacus {
namespace {

using testing_lake::ExpectedRow;
using testing_lake::RandomEvents;

class EventFileTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing_lake::make_test_folder();
    ASSERT_FALSE(folder_.empty());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::vector<LakeBatch>& batches) {
    EventFile file(7, scratch_);
    PackedEvent packed;
    for (const LakeBatch& batch : batches) {
      for (const LakeEvent& event : batch.events) {
        EXPECT_TRUE(scan_event(event.bytes, packed));
        EXPECT_TRUE(file.append(event, packed));
      }
    }
    const std::string path = folder_ + "/file.parquet";
    std::ofstream(path, std::ios::binary) << *file.finish();
    return path;
  }
  void expect_round_trip(const std::vector<LakeBatch>& batches,
                         const std::vector<ExpectedRow>& expected) {
    const std::string path = write(batches);
    auto session = open_duckdb_session({folder_});
    ASSERT_TRUE(session) << session.error().message;
    testing_lake::expect_rows(**session, {path}, expected);
  }
  std::string folder_;
  parquet::EncodeScratch scratch_{1};
};

TEST_F(EventFileTest, HoldsEveryFieldOfRandomEventsAcrossRowGroups) {
  const std::uint64_t seed = testing_lake::test_seed();
  SCOPED_TRACE(seed);
  RandomEvents random(seed);
  std::vector<ExpectedRow> expected;
  expect_round_trip({random.batch(kRowGroupRows + 5000, &expected)}, expected);
}

TEST_F(EventFileTest, HoldsFilesOfFewRows) {
  const std::uint64_t seed = testing_lake::test_seed();
  SCOPED_TRACE(seed);
  RandomEvents random(seed);
  for (const std::size_t rows : {1U, 2U, 7U, 8U, 9U, 31U, 33U, 128U, 129U, 1023U, 1025U, 2500U}) {
    std::vector<ExpectedRow> expected;
    SCOPED_TRACE(rows);
    expect_round_trip({random.batch(rows, &expected)}, expected);
  }
}

TEST_F(EventFileTest, AreTheSameBytesForTheSameRowsWhateverTheHashSeed) {
  RandomEvents random(5);
  const LakeBatch batch = random.batch(5000, nullptr);
  std::string first;
  for (const std::uint64_t seed : {1ULL, 99ULL}) {
    EventFile file(seed, scratch_);
    PackedEvent packed;
    for (const LakeEvent& event : batch.events) {
      ASSERT_TRUE(scan_event(event.bytes, packed));
      ASSERT_TRUE(file.append(event, packed));
    }
    if (first.empty()) first = *file.finish();
    EXPECT_TRUE(first == *file.finish());
  }
}

}  // namespace
}  // namespace adbacus
