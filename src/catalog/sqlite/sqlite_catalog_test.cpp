#include "catalog/sqlite/sqlite_catalog.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "catalog/sqlite/database.hpp"
#include "catalog/testing/contract.hpp"

namespace adbacus {
namespace {

class TempFolder {
 public:
  TempFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "catalog_test.XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

CatalogOptions options_for(const std::string& path) {
  CatalogOptions options;
  options.path = path;
  options.busy_timeout_ms = 10;
  return options;
}

class SqliteStage final : public testing::CatalogStage {
 public:
  std::unique_ptr<Catalog> open() override {
    auto catalog = open_catalog(options_for(folder_.file("catalog.sqlite")));
    return catalog ? *std::move(catalog) : nullptr;
  }

 private:
  TempFolder folder_;
};

std::string backend_name(const ::testing::TestParamInfo<testing::CatalogBackend>& info) {
  return info.param.name;
}

}  // namespace

namespace testing {
INSTANTIATE_TEST_SUITE_P(Sqlite, CatalogContract,
                         ::testing::Values(CatalogBackend{
                             "sqlite", [] { return std::make_unique<SqliteStage>(); }}),
                         backend_name);
}  // namespace testing

namespace {

TEST(SqliteCatalog, RefusesADatabaseOfANewerVersion) {
  const TempFolder folder;
  const std::string path = folder.file("catalog.sqlite");
  ASSERT_TRUE(open_catalog(options_for(path)));
  {
    auto database = Database::open(path, 10);
    ASSERT_TRUE(database);
    ASSERT_TRUE(database->execute("PRAGMA user_version = 1000"));
  }
  const auto refused = open_catalog(options_for(path));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  EXPECT_NE(refused.error().message.find("newer"), std::string::npos);
}

TEST(SqliteCatalog, RefusesAnotherProgramsDatabase) {
  const TempFolder folder;
  const std::string path = folder.file("catalog.sqlite");
  {
    auto database = Database::open(path, 10);
    ASSERT_TRUE(database);
    ASSERT_TRUE(database->execute("CREATE TABLE cookies (x)"));
  }
  const auto refused = open_catalog(options_for(path));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
}

TEST(SqliteCatalog, RefusesAFileThatIsNoDatabase) {
  const TempFolder folder;
  const std::string path = folder.file("catalog.sqlite");
  std::ofstream(path) << std::string(8192, 'x');
  const auto refused = open_catalog(options_for(path));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::corrupt);
}

TEST(SqliteCatalog, SaysWhichFileItCannotOpen) {
  const TempFolder folder;
  const std::string path = folder.file("absent/catalog.sqlite");
  const auto refused = open_catalog(options_for(path));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::io);
  EXPECT_NE(refused.error().message.find(path), std::string::npos);
}

// T22: another process holds the write lock.
TEST(SqliteCatalog, ReadsGoOnAndWritesAreUnavailableUnderAHeldWriteLock) {
  const TempFolder folder;
  const std::string path = folder.file("catalog.sqlite");
  auto catalog = open_catalog(options_for(path));
  ASSERT_TRUE(catalog);
  ASSERT_TRUE((*catalog)->put_tenant(testing::sample_tenant(1)));
  auto other = Database::open(path, 10);
  ASSERT_TRUE(other);
  {
    auto held = Transaction::begin(*other);
    ASSERT_TRUE(held);
    EXPECT_EQ((*catalog)->tenants()->size(), 1U);
    const auto refused = (*catalog)->put_tenant(testing::sample_tenant(2));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(refused.error().retryable());
  }
  EXPECT_TRUE((*catalog)->put_tenant(testing::sample_tenant(2)));
}

TEST(SqliteCatalog, KeepsAWriteAheadLog) {
  const TempFolder folder;
  const std::string path = folder.file("catalog.sqlite");
  ASSERT_TRUE(open_catalog(options_for(path)));
  auto database = Database::open(path, 10);
  ASSERT_TRUE(database);
  auto mode = database->prepare("PRAGMA journal_mode");
  ASSERT_TRUE(mode && *mode->step());
  EXPECT_EQ(mode->text(0), "wal");
}

TEST(SqliteCatalog, AnUnknownBackendIsNamed) {
  CatalogOptions options;
  options.backend = "cards";
  const auto refused = open_catalog(options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
  EXPECT_NE(refused.error().message.find("\"cards\", known: sqlite"), std::string::npos);
}

}  // namespace
}  // namespace adbacus
