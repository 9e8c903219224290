#include "processor/poison_guard.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

namespace adbacus {
namespace {

const std::string kLog(32, 'a');

class PoisonGuardTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/adbacus-guard-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::unique_ptr<PoisonGuard> open(const std::string& log_uuid = kLog) {
    auto guard = PoisonGuard::open(real_file_system(), folder_ + "/state", log_uuid);
    EXPECT_TRUE(guard) << guard.error().message;
    return std::move(*guard);
  }
  // A process that dies amid these entries.
  void die(Seq first, Seq last) { open()->mark()->set(first, last); }
  std::string folder_;
};

TEST_F(PoisonGuardTest, AddsUpTriesOfOneEntryOverRestarts) {
  EXPECT_EQ(open()->note_failure(7), 1U);
  const auto guard = open();
  ASSERT_TRUE(guard->suspects());
  EXPECT_EQ(guard->suspects()->tries, 1U);
  EXPECT_EQ(guard->note_failure(7), 2U);
  EXPECT_EQ(guard->note_failure(7), 3U);
  EXPECT_EQ(guard->note_failure(8), 1U) << "another entry";
}

TEST_F(PoisonGuardTest, NarrowsDownWhatProcessesDieAmid) {
  die(10, 20);
  {
    const auto guard = open();
    ASSERT_TRUE(guard->suspects());
    EXPECT_EQ(guard->suspects()->first, 10U);
    EXPECT_EQ(guard->suspects()->last, 20U);
    EXPECT_EQ(guard->suspects()->tries, 1U);
    guard->mark()->set(15, 15);
  }
  die(15, 15);
  const auto guard = open();
  ASSERT_TRUE(guard->suspects());
  EXPECT_TRUE(guard->suspects()->single());
  EXPECT_EQ(guard->suspects()->first, 15U);
  EXPECT_EQ(guard->suspects()->tries, 3U);
}

TEST_F(PoisonGuardTest, StartsAnewForOtherEntriesAndAfterAStopInOrder) {
  die(10, 20);
  die(30, 40);
  {
    const auto guard = open();
    ASSERT_TRUE(guard->suspects());
    EXPECT_EQ(guard->suspects()->first, 30U);
    EXPECT_EQ(guard->suspects()->tries, 1U);
  }
  EXPECT_FALSE(open()->suspects()) << "the process before passed them";
}

TEST_F(PoisonGuardTest, BelievesNoDamagedMark) {
  for (const int at : {0, 9, 17}) {
    die(10, 20);
    std::fstream file(folder_ + "/state/fold_mark",
                      std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(at).put('\x5A');
    file.close();
    EXPECT_FALSE(open()->suspects());
  }
}

TEST_F(PoisonGuardTest, ForgetsWhatIsSettledAndWhatIsAnotherLogs) {
  EXPECT_EQ(open()->note_failure(7), 1U);
  EXPECT_FALSE(open(std::string(32, 'b'))->suspects());
  {
    const auto guard = open();
    ASSERT_TRUE(guard->suspects());
    EXPECT_TRUE(guard->forget());
    EXPECT_TRUE(guard->forget());
  }
  EXPECT_FALSE(open()->suspects());
}

}  // namespace
}  // namespace adbacus
