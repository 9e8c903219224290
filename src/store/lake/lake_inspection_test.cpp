#include "store/lake/lake_inspection.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

#include "store/lake/damage_watch.hpp"
#include "store/lake/lake.hpp"
#include "store/lake/manifest_line.hpp"
#include "store/lake/testing/lake_folder.hpp"
#include "store/lake/testing/rows.hpp"

namespace adbacus {
namespace {

using testing_lake::RandomEvents;

class LakeInspectionTest : public testing_lake::LakeFolder {
 protected:
  // Several event hours, several files each.
  void fill(std::uint64_t seed) {
    RandomEvents random(seed);
    random.time_span_us = 3 * kHourUs;
    auto lake = open();
    ASSERT_NE(lake, nullptr);
    for (int i = 0; i < 4; ++i) {
      ASSERT_TRUE(lake->write(random.batch(60, nullptr)));
      ASSERT_TRUE(lake->flush());
    }
    lake->close();
  }
  LakeInspection inspect() {
    auto found = inspect_lake(real_file_system(), *objects_, options_.folder, nullptr);
    EXPECT_TRUE(found) << found.error().message;
    return found ? *found : LakeInspection{};
  }
  std::string path_of(const std::string& name) const { return folder_ + "/" + name; }
  void flip_bit(const std::string& path, std::size_t bit) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(bit / 8));
    const char byte = static_cast<char>(file.get() ^ (1 << (bit % 8)));
    file.seekp(static_cast<std::streamoff>(bit / 8));
    file.put(byte);
  }
  // Every path and content under the lake.
  std::string content() const {
    std::string all;
    for (const std::string& name : files_on_disk())
      all += name + *read_file(real_file_system(), options_.folder + "/" + name);
    return all;
  }
  // Looks once, finds exactly this, and has changed nothing.
  void expect_one(DamageKind kind, const std::string& name, bool left_by_crash) {
    const std::string before = content();
    const LakeInspection found = inspect();
    EXPECT_EQ(content(), before) << "looking changed something";
    ASSERT_EQ(found.damage.size(), 1U);
    EXPECT_EQ(found.damage[0].kind, kind);
    EXPECT_EQ(found.damage[0].name, name);
    EXPECT_EQ(found.damage[0].left_by_crash, left_by_crash);
  }
};

TEST_F(LakeInspectionTest, FindsNothingWrongWithWhatWasWritten) {
  EXPECT_TRUE(inspect().absent);
  fill(1);
  const LakeInspection found = inspect();
  EXPECT_FALSE(found.absent);
  EXPECT_TRUE(found.damage.empty());
  EXPECT_GT(found.files.size(), 8U);
}

TEST_F(LakeInspectionTest, NamesTheFileOfEveryFlippedBit) {
  const std::uint64_t seed = testing_lake::test_seed();
  SCOPED_TRACE(seed);
  fill(seed);
  const std::vector<LakeFile> files = inspect().files;
  Rng rng(seed);
  for (int round = 0; round < 40; ++round) {
    const LakeFile& file = files[rng.below(files.size())];
    const std::size_t bit = rng.below(file.bytes * 8);
    SCOPED_TRACE(testing::Message() << file.name << " bit " << bit);
    flip_bit(path_of(file.name), bit);
    expect_one(DamageKind::damaged, file.name, false);
    flip_bit(path_of(file.name), bit);
  }
  EXPECT_TRUE(inspect().damage.empty());
}

TEST_F(LakeInspectionTest, NamesTruncatedMissingAndSurplusFiles) {
  fill(2);
  const std::vector<LakeFile> files = inspect().files;
  const std::string kept = *read_file(real_file_system(), path_of(files[1].name));
  std::filesystem::resize_file(path_of(files[1].name), files[1].bytes - 1);
  expect_one(DamageKind::damaged, files[1].name, false);
  std::filesystem::remove(path_of(files[1].name));
  expect_one(DamageKind::missing, files[1].name, false);
  ASSERT_TRUE(write_file_atomically(real_file_system(), path_of(files[1].name), kept));
  const std::string surplus = event_file_name(files[1].hour_us, 900, 901);
  ASSERT_TRUE(write_file_atomically(real_file_system(), path_of(surplus), kept));
  expect_one(DamageKind::surplus, surplus, true);
}

TEST_F(LakeInspectionTest, NamesTheDamagedLineOfTheManifest) {
  fill(3);
  const std::string good = *read_file(real_file_system(), manifest_path());
  // A line that says only how far the lake has come, so that no file hangs on it.
  const std::string line = manifest_line({1, {}, {}});
  const std::size_t second = good.find('\n') + 1;
  std::string bad = good;
  bad.insert(second, line);
  bad[second + 3] = bad[second + 3] == '0' ? '1' : '0';
  ASSERT_TRUE(write_file_atomically(real_file_system(), manifest_path(), bad));
  expect_one(DamageKind::damaged, "lake/manifest line 2", false);
  ASSERT_TRUE(write_file_atomically(real_file_system(), manifest_path(), good + line.substr(0, 7)));
  const auto lines = std::count(good.begin(), good.end(), '\n');
  expect_one(DamageKind::damaged, "lake/manifest line " + std::to_string(lines + 1), true);
  bad = good;
  bad[0] = 'x';
  ASSERT_TRUE(write_file_atomically(real_file_system(), manifest_path(), bad));
  expect_one(DamageKind::damaged, "lake/manifest line 1", false);
}

TEST_F(LakeInspectionTest, AManifestThatIsGoneIsNamedAndANewerOneRefused) {
  fill(4);
  std::filesystem::remove(manifest_path());
  const LakeInspection found = inspect();
  ASSERT_FALSE(found.damage.empty());
  EXPECT_EQ(found.damage[0].kind, DamageKind::missing);
  EXPECT_EQ(found.damage[0].name, "lake/manifest");
  ASSERT_TRUE(write_file_atomically(real_file_system(), manifest_path(), "adbacus-lake 2\n"));
  const auto newer = inspect_lake(real_file_system(), *objects_, options_.folder, nullptr);
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().code, ErrorCode::conflict);
}

// What a server does about bytes that change under it: the report is refused with the file's name,
// the damage is shown, and the next start does not open such a lake.
TEST_F(LakeInspectionTest, AFailedReadFindsTheDamagedFileAndTheNextStartKnows) {
  fill(5);
  const LakeFile file = inspect().files[0];
  std::filesystem::resize_file(path_of(file.name), 0);
  std::filesystem::resize_file(path_of(file.name), file.bytes);
  auto lake = open();  // the size is right
  ASSERT_NE(lake, nullptr);
  EXPECT_EQ(lake->status().damaged_files, 0U);
  LakeQuery query;
  query.tenant = "1";
  query.from_us = file.hour_us;
  query.to_us = file.hour_us + kHourUs;
  query.measures = {{.counter = Counter64::events, .slices = kNetSlices}};
  for (int again = 0; again < 2; ++again) {
    const auto asked = lake->query_events(query);
    ASSERT_FALSE(asked);
    EXPECT_EQ(asked.error().code, ErrorCode::corrupt);
    EXPECT_NE(asked.error().message.find(file.name), std::string::npos) << asked.error().message;
  }
  EXPECT_EQ(lake->status().damaged_files, 1U);
  EXPECT_EQ(lake->status().damaged_file, file.name);
  lake->close();
  lake.reset();
  const auto refused = try_open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::corrupt);
  options_.keep_damaged = true;  // where the log cannot write it again
  lake = open();
  ASSERT_NE(lake, nullptr);
  EXPECT_EQ(lake->status().damaged_files, 1U);
}

}  // namespace
}  // namespace adbacus
