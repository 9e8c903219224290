#include "store/lake/testing/lake_folder.hpp"

#include <cstdlib>
#include <filesystem>

#include "base/failpoint.hpp"
#include "base/file_system.hpp"
#include "objects/local/local_object_store.hpp"
#include "store/lake/duckdb_session.hpp"
#include "store/lake/lake.hpp"
#include "store/lake/testing/rows.hpp"

namespace adbacus::testing_lake {

std::string make_test_folder() {
  for (const std::string& parent : {std::string("/dev/shm/"), testing::TempDir()}) {
    std::string pattern = parent + "adbacus-lake-XXXXXX";
    if (mkdtemp(pattern.data()) != nullptr) return pattern;
  }
  ADD_FAILURE() << "no temporary folder";
  return {};
}

void LakeFolder::SetUp() {
  folder_ = make_test_folder();
  ASSERT_FALSE(folder_.empty());
  options_.folder = folder_ + "/lake";
  options_.compact = false;
  wipe();
}

void LakeFolder::wipe() {
  std::filesystem::remove_all(options_.folder);
  auto objects = open_local_objects(real_file_system(), folder_);
  ASSERT_TRUE(objects);
  objects_ = std::move(*objects);
}

void LakeFolder::TearDown() {
  failpoint_set_hook(nullptr, nullptr);
  std::filesystem::remove_all(folder_);
}

Result<std::unique_ptr<EventLake>> LakeFolder::try_open() {
  return open_lake(real_file_system(), *objects_, system_clock(), options_);
}

std::unique_ptr<EventLake> LakeFolder::open() {
  auto lake = try_open();
  EXPECT_TRUE(lake) << lake.error().message;
  return lake ? std::move(*lake) : nullptr;
}

void LakeFolder::expect_visible(EventLake& lake, const std::vector<ExpectedRow>& expected) {
  auto paths = lake.visible_files(INT64_MIN / 2, INT64_MAX / 2);
  ASSERT_TRUE(paths);
  auto session = open_duckdb_session({options_.folder});
  ASSERT_TRUE(session) << session.error().message;
  expect_rows(**session, *paths, expected);
}

std::vector<std::string> LakeFolder::files_on_disk() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(options_.folder)) {
    if (entry.is_regular_file())
      names.push_back(std::filesystem::relative(entry.path(), options_.folder).string());
  }
  return names;
}

CrashAt::CrashAt(std::string prefix, int nth) : prefix_(std::move(prefix)), nth_(nth) {
  failpoint_set_hook(&CrashAt::hit, this);
}

CrashAt::~CrashAt() {
  failpoint_set_hook(nullptr, nullptr);
}

Result<void> CrashAt::hit(std::string_view name, void* self) {
  auto& crash = *static_cast<CrashAt*>(self);
  if (!name.starts_with(crash.prefix_)) return {};
  if (++crash.hits_ < crash.nth_) return {};
  return Error{ErrorCode::io, "crash at " + std::string(name)};
}

}  // namespace adbacus::testing_lake
