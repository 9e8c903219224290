#include "base/file_system.hpp"

#include <filesystem>
#include <functional>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "base/testing/sim_file_system.hpp"

namespace adbacus {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

// Both implementations keep the same promises.
class AnyFileSystem : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (GetParam() == std::string_view("sim")) {
      folder_ = "/d";
      ASSERT_TRUE(sim_.make_folders(folder_));
      return;
    }
    char name[] = "/tmp/adbacus_fs_XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
    real_ = true;
  }
  void TearDown() override {
    if (real_) std::filesystem::remove_all(folder_);
  }
  FileSystem& fs() { return real_ ? real_file_system() : sim_; }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }

  SimFileSystem sim_;
  std::string folder_;
  bool real_ = false;
};

TEST_P(AnyFileSystem, ReadsBackWhatWasWrittenWithZerosInBetween) {
  auto file = fs().open(path("a"), OpenMode::create_new);
  ASSERT_TRUE(file);
  ASSERT_TRUE((*file)->write_at(5, bytes_of("hello")));
  ASSERT_TRUE((*file)->sync());
  EXPECT_EQ(*(*file)->size(), 10U);
  EXPECT_EQ(*read_file(fs(), path("a")), std::string(5, '\0') + "hello");
  ASSERT_TRUE((*file)->resize(7));
  EXPECT_EQ(*read_file(fs(), path("a")), std::string(5, '\0') + "he");
}

TEST_P(AnyFileSystem, TellsWhyAFileCannotBeOpened) {
  EXPECT_EQ(fs().open(path("a"), OpenMode::read).error().code, ErrorCode::not_found);
  EXPECT_EQ(fs().open(path("a"), OpenMode::read_write).error().code, ErrorCode::not_found);
  ASSERT_TRUE(fs().open(path("a"), OpenMode::create_new));
  EXPECT_EQ(fs().open(path("a"), OpenMode::create_new).error().code, ErrorCode::conflict);
  EXPECT_TRUE(fs().open(path("a"), OpenMode::create_or_open));
}

TEST_P(AnyFileSystem, ListsNamesInOrderAndForgetsRemovedOnes) {
  for (const char* name : {"c", "a", "b"})
    ASSERT_TRUE(write_file_atomically(fs(), path(name), name));
  ASSERT_TRUE(fs().remove(path("b")));
  ASSERT_TRUE(fs().rename(path("c"), path("d")));
  ASSERT_TRUE(fs().sync_folder(folder_));
  EXPECT_EQ(*fs().list(folder_), (std::vector<std::string>{"a", "d"}));
  EXPECT_TRUE(*fs().exists(path("d")));
  EXPECT_FALSE(*fs().exists(path("c")));
  EXPECT_EQ(fs().remove(path("c")).error().code, ErrorCode::not_found);
}

TEST_P(AnyFileSystem, ReplacesAWholeFile) {
  const std::string large(3'000'000, 'x');
  ASSERT_TRUE(write_file_atomically(fs(), path("a"), large));
  EXPECT_EQ(*read_file(fs(), path("a")), large);
  ASSERT_TRUE(write_file_atomically(fs(), path("a"), "small"));
  EXPECT_EQ(*read_file(fs(), path("a")), "small");
  EXPECT_EQ(*fs().list(folder_), (std::vector<std::string>{"a"}));
}

TEST_P(AnyFileSystem, GivesALockToOneHolderAtATime) {
  auto first = fs().lock(path("lock"));
  ASSERT_TRUE(first);
  EXPECT_EQ(fs().lock(path("lock")).error().code, ErrorCode::conflict);
  first->reset();
  EXPECT_TRUE(fs().lock(path("lock")));
}

TEST_P(AnyFileSystem, MakesNestedFoldersOnceAndAgain) {
  ASSERT_TRUE(fs().make_folders(path("x/y/z")));
  ASSERT_TRUE(fs().make_folders(path("x/y/z")));
  EXPECT_TRUE(write_file_atomically(fs(), path("x/y/z/f"), "1"));
  EXPECT_GT(fs().space(folder_)->total_bytes, 0U);
}

INSTANTIATE_TEST_SUITE_P(, AnyFileSystem, testing::Values("real", "sim"));

class SimDisk : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(sim_.make_folders("/d")); }
  std::unique_ptr<File> make_synced(const std::string& path, std::string_view content) {
    auto file = sim_.open(path, OpenMode::create_or_open);
    EXPECT_TRUE(file && (*file)->write_at(0, bytes_of(content)) && (*file)->sync());
    EXPECT_TRUE(sim_.sync_folder("/d"));
    return std::move(*file);
  }
  SimFileSystem sim_;
};

TEST_F(SimDisk, KeepsWhatWasSyncedThroughAnyPowerCut) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    make_synced("/d/a", "kept");
    sim_.restart(SimFileSystem::Stop::power, seed);
    ASSERT_EQ(*read_file(sim_, "/d/a"), "kept") << "seed " << seed;
  }
}

TEST_F(SimDisk, KeepsAtomicallyReplacedFilesOldOrNew) {
  make_synced("/d/a", "old");
  int fresh = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    sim_.die_after(seed % 6);
    const bool done = static_cast<bool>(write_file_atomically(sim_, "/d/a", "new"));
    sim_.restart(SimFileSystem::Stop::power, seed);
    const std::string found = *read_file(sim_, "/d/a");
    ASSERT_TRUE(found == "new" || (found == "old" && !done)) << "seed " << seed << ": " << found;
    fresh += found == "new" ? 1 : 0;
    ASSERT_TRUE(write_file_atomically(sim_, "/d/a", "old"));
  }
  EXPECT_GT(fresh, 0);
  EXPECT_LT(fresh, 200);
}

TEST_F(SimDisk, TearsAndLosesWhatWasNotSynced) {
  bool kept = false;
  bool lost = false;
  bool torn = false;
  const std::string fresh(8192, 'n');
  const std::string old(8192, 'o');
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    auto file = make_synced("/d/a", old);
    ASSERT_TRUE(file->write_at(0, bytes_of(fresh)));
    sim_.restart(SimFileSystem::Stop::power, seed);
    const std::string found = *read_file(sim_, "/d/a");
    (found == fresh ? kept : found == old ? lost : torn) = true;
  }
  EXPECT_TRUE(kept && lost && torn);
}

TEST_F(SimDisk, ShowsBytesOfAFailedSyncUntilThePowerGoes) {
  auto file = make_synced("/d/a", "old");
  sim_.fail_syncs("/d/a", 1);
  ASSERT_TRUE(file->write_at(0, bytes_of("new")));
  ASSERT_FALSE(file->sync());
  ASSERT_TRUE(file->sync());  // the lie of a second sync
  sim_.restart(SimFileSystem::Stop::process, 1);
  EXPECT_EQ(*read_file(sim_, "/d/a"), "new");
  sim_.restart(SimFileSystem::Stop::power, 1);
  EXPECT_EQ(*read_file(sim_, "/d/a"), "old");
}

TEST_F(SimDisk, AnswersFullAtItsCapacityAndHasSpaceAgainAfterRemoval) {
  sim_.set_capacity(4096);
  auto a = make_synced("/d/a", std::string(2048, 'a'));
  auto b = sim_.open("/d/b", OpenMode::create_new);
  ASSERT_TRUE(b);
  EXPECT_EQ((*b)->write_at(0, bytes_of(std::string(4096, 'b'))).error().code,
            ErrorCode::storage_full);
  ASSERT_TRUE(sim_.remove("/d/a"));
  EXPECT_TRUE((*b)->write_at(0, bytes_of(std::string(4096, 'b'))));
}

}  // namespace
}  // namespace adbacus
