#include "app/data_folder.hpp"

#include <filesystem>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "app/key_authenticator.hpp"
#include "app/signing_key_file.hpp"
#include "catalog/registry.hpp"
#include "catalog/scope_names.hpp"

namespace adbacus {
namespace {

class DataFolderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "data_test.XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  std::unique_ptr<Catalog> catalog_of(const DataPaths& paths) {
    CatalogOptions options;
    options.path = paths.catalog;
    auto opened = open_catalog(options);
    EXPECT_TRUE(opened);
    return *std::move(opened);
  }

  std::string root_;
  FileSystem& fs_ = real_file_system();
};

TEST_F(DataFolderTest, CreatesTheFolder) {
  ASSERT_TRUE(DataFolder::open(fs_, root_ + "/a/b"));
  EXPECT_TRUE(std::filesystem::is_directory(root_ + "/a/b"));
}

TEST_F(DataFolderTest, BelongsToOneOwnerAtATime) {
  {
    auto first = DataFolder::open(fs_, root_);
    ASSERT_TRUE(first);
    const auto second = DataFolder::open(fs_, root_);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::conflict);
    EXPECT_NE(second.error().message.find(root_), std::string::npos);
    EXPECT_NE(second.error().message.find("--url"), std::string::npos);
  }
  EXPECT_TRUE(DataFolder::open(fs_, root_));
}

TEST_F(DataFolderTest, TheFirstStartLeavesAnOwnerKeyThatWorks) {
  const DataPaths paths(root_);
  const auto catalog = catalog_of(paths);
  const auto made = create_first_key(fs_, *catalog, system_clock(), paths);
  ASSERT_TRUE(made);
  EXPECT_TRUE(*made);
  struct stat info = {};
  ASSERT_EQ(::stat(paths.admin_key.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  std::string text = *read_file(fs_, paths.admin_key);
  ASSERT_EQ(text.back(), '\n');
  text.pop_back();
  const auto authenticator = KeyAuthenticator::start(*catalog, system_clock(), {});
  ASSERT_TRUE(authenticator);
  const auto principal = (*authenticator)->authenticate(text, "");
  ASSERT_TRUE(principal);
  EXPECT_EQ(principal->tenant, "1");
  EXPECT_EQ(principal->scopes, role_scopes(Role::owner));
  EXPECT_EQ((*authenticator)->find("1")->currency, "USD");
}

TEST_F(DataFolderTest, LaterStartsChangeNothing) {
  const DataPaths paths(root_);
  const auto catalog = catalog_of(paths);
  ASSERT_TRUE(create_first_key(fs_, *catalog, system_clock(), paths));
  const std::string before = *read_file(fs_, paths.admin_key);
  const auto again = create_first_key(fs_, *catalog, system_clock(), paths);
  ASSERT_TRUE(again);
  EXPECT_FALSE(*again);
  EXPECT_EQ(*read_file(fs_, paths.admin_key), before);
  // Nor does a key file that somebody took away come back.
  ASSERT_TRUE(fs_.remove(paths.admin_key));
  EXPECT_FALSE(*create_first_key(fs_, *catalog, system_clock(), paths));
  EXPECT_FALSE(*fs_.exists(paths.admin_key));
}

TEST_F(DataFolderTest, AStartCutOffAfterTheFileWasWrittenIsRepeated) {
  const DataPaths paths(root_);
  ASSERT_TRUE(write_file_atomically(fs_, paths.admin_key, "adb_left.over\n"));
  const auto catalog = catalog_of(paths);
  Tenant tenant;
  tenant.id = "1";
  tenant.name = "kept";
  ASSERT_TRUE(catalog->put_tenant(tenant));
  EXPECT_TRUE(*create_first_key(fs_, *catalog, system_clock(), paths));
  EXPECT_NE(*read_file(fs_, paths.admin_key), "adb_left.over\n");
  EXPECT_EQ((*catalog->tenant("1"))->name, "kept");
}

TEST_F(DataFolderTest, SigningKeysAreMadeOnceAndTheLastOneSigns) {
  const DataPaths paths(root_);
  const auto first = load_signing_keys(fs_, paths);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_TRUE(first->is_new);
  const std::string sealed = SigningKeys(first->keys).seal("link", "x");
  const auto again = load_signing_keys(fs_, paths);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_FALSE(again->is_new);
  EXPECT_EQ(SigningKeys(again->keys).open("link", sealed), "x");

  const std::string second = "2 " + std::string(64, 'a') + "\n";
  ASSERT_TRUE(
      write_file_atomically(fs_, paths.signing_keys, *read_file(fs_, paths.signing_keys) + second));
  const auto both = load_signing_keys(fs_, paths);
  ASSERT_TRUE(both) << both.error().message;
  EXPECT_EQ(both->keys.back().id, 2);
  EXPECT_EQ(SigningKeys(both->keys).open("link", sealed), "x");
}

TEST_F(DataFolderTest, DamagedSigningKeysAreRefusedAndNotQuoted) {
  const DataPaths paths(root_);
  const std::string good = "1 " + std::string(64, '7') + "\n";
  for (const std::string& text :
       {std::string(), std::string("\n"), good.substr(0, 40), good + good, "300" + good.substr(1),
        good + "2 " + std::string(64, 'x') + "\n"}) {
    ASSERT_TRUE(write_file_atomically(fs_, paths.signing_keys, text));
    const auto keys = load_signing_keys(fs_, paths);
    ASSERT_FALSE(keys) << text;
    EXPECT_EQ(keys.error().code, ErrorCode::corrupt);
    EXPECT_EQ(keys.error().message.find("7777"), std::string::npos);
  }
}

}  // namespace
}  // namespace adbacus
