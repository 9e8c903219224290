#include "store/lake/manifest.hpp"

#include <filesystem>
#include <gtest/gtest.h>

#include "base/failpoint.hpp"
#include "store/lake/manifest_line.hpp"
#include "store/lake/testing/lake_folder.hpp"

namespace adbacus {
namespace {

class ManifestTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing_lake::make_test_folder();
    ASSERT_FALSE(folder_.empty());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path() const { return folder_ + "/manifest"; }
  Result<std::unique_ptr<LakeManifest>> open() {
    return LakeManifest::open(real_file_system(), path());
  }
  static LakeFile file(Seq first, Seq last) {
    LakeFile file;
    file.hour_us = 1'795'262'400'000'000;
    file.name = event_file_name(file.hour_us, first, last);
    file.first_seq = first;
    file.last_seq = last;
    file.rows = last - first + 1;
    file.bytes = 1000;
    file.hash = 0xabcdef0123456789ULL;
    return file;
  }
  std::string folder_;
};

TEST_F(ManifestTest, NamesFilesByEventHourAndLogRange) {
  EXPECT_EQ(event_file_name(1'795'262'400'000'000, 12, 345),
            "lake/events/date=2026-11-21/hour=12/"
            "00000000000000000012-00000000000000000345.parquet");
  EXPECT_EQ(event_file_name(0, 1, 2).substr(12, 24), "date=1970-01-01/hour=00/");
}

TEST_F(ManifestTest, RemembersChangesAcrossReopening) {
  auto manifest = open();
  ASSERT_TRUE(manifest);
  EXPECT_EQ((*manifest)->committed(), 0U);
  ASSERT_TRUE((*manifest)->apply({10, {file(1, 4), file(5, 10)}, {}}));
  ASSERT_TRUE((*manifest)->apply({10, {file(1, 10)}, {file(1, 4).name, file(5, 10).name}}));
  ASSERT_TRUE((*manifest)->apply({12, {}, {}}));
  auto again = open();
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->committed(), 12U);
  ASSERT_EQ((*again)->files().size(), 1U);
  EXPECT_EQ((*again)->files().begin()->second, file(1, 10));
}

TEST_F(ManifestTest, CutsATornLastLineOffAtEveryLength) {
  {
    auto manifest = open();
    ASSERT_TRUE((*manifest)->apply({4, {file(1, 4)}, {}}));
    ASSERT_TRUE((*manifest)->apply({10, {file(5, 10)}, {}}));
  }
  const std::string whole = *read_file(real_file_system(), path());
  const std::size_t second = whole.rfind('\n', whole.size() - 2) + 1;
  for (std::size_t kept = second; kept < whole.size(); kept += 7) {
    ASSERT_TRUE(write_file_atomically(real_file_system(), path(), whole.substr(0, kept)));
    auto manifest = open();
    ASSERT_TRUE(manifest) << manifest.error().message;
    EXPECT_EQ((*manifest)->committed(), 4U);
    ASSERT_TRUE((*manifest)->apply({11, {file(5, 11)}, {}}));
    auto again = open();
    ASSERT_TRUE(again);
    EXPECT_EQ((*again)->committed(), 11U);
    EXPECT_EQ((*again)->files().size(), 2U);
  }
}

TEST_F(ManifestTest, RefusesDamageWithSomethingValidBehindIt) {
  {
    auto manifest = open();
    ASSERT_TRUE((*manifest)->apply({4, {file(1, 4)}, {}}));
    ASSERT_TRUE((*manifest)->apply({10, {file(5, 10)}, {}}));
  }
  const std::string whole = *read_file(real_file_system(), path());
  for (std::size_t at = 0; at < whole.find('\n', kManifestHeader.size()); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    ASSERT_TRUE(write_file_atomically(real_file_system(), path(), damaged));
    auto manifest = open();
    ASSERT_FALSE(manifest) << at;
    EXPECT_EQ(manifest.error().code, ErrorCode::corrupt);
  }
}

TEST_F(ManifestTest, DoesNotTakeANewerVersionForDamage) {
  for (const char* header : {"adbacus-lake 2\n", "adbacus-lake 10\nwhatever\n"}) {
    ASSERT_TRUE(write_file_atomically(real_file_system(), path(), header));
    auto manifest = open();
    ASSERT_FALSE(manifest);
    EXPECT_EQ(manifest.error().code, ErrorCode::conflict) << header;
  }
}

TEST_F(ManifestTest, RefusesEverythingAfterAFailedSync) {
  auto manifest = open();
  ASSERT_TRUE((*manifest)->apply({4, {file(1, 4)}, {}}));
  ASSERT_TRUE(failpoint_configure("lake.before_manifest_sync=1*return(io)"));
  EXPECT_FALSE((*manifest)->apply({10, {file(5, 10)}, {}}));
  ASSERT_TRUE(failpoint_configure(""));
  EXPECT_FALSE((*manifest)->apply({10, {file(5, 10)}, {}}));
  EXPECT_EQ((*manifest)->committed(), 4U);
}

TEST_F(ManifestTest, StaysSmallHoweverManyFilesCameAndWent) {
  auto manifest = open();
  ASSERT_TRUE((*manifest)->apply({4, {file(1, 4)}, {}}));
  LakeChange add{5, {}, {}};
  for (Seq seq = 10; seq < 2010; ++seq) add.added.push_back(file(seq, seq));
  LakeChange remove{6, {}, {}};
  for (const LakeFile& added : add.added) remove.removed.push_back(added.name);
  for (int i = 0; i < 12; ++i) {
    ASSERT_TRUE((*manifest)->apply(add));
    ASSERT_TRUE((*manifest)->apply(remove));
  }
  EXPECT_LT(std::filesystem::file_size(path()), 2U << 20U);
  auto again = open();
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->committed(), 6U);
  EXPECT_EQ((*again)->files().size(), 1U);
}

TEST(ManifestLine, RefusesWhatIsNotOne) {
  const std::string good = manifest_line({7, {}, {"x"}});
  ASSERT_TRUE(parse_manifest_line(std::string_view(good).substr(0, good.size() - 1)));
  for (const char* line : {"", "00000000", "00000000 ", "zzzzzzzz 7", "00000000 7 -x"})
    EXPECT_FALSE(parse_manifest_line(line)) << line;
}

}  // namespace
}  // namespace adbacus
