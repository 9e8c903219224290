#include "catalog/sqlite/sqlite_catalog.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "catalog/scope_names.hpp"
#include "catalog/sqlite/database.hpp"
#include "catalog/testing/contract.hpp"
#include "catalog/testing/entity_contract.hpp"

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
INSTANTIATE_TEST_SUITE_P(Sqlite, EntityContract,
                         ::testing::ValuesIn(entity_contract(CatalogBackend{
                             "sqlite", [] { return std::make_unique<SqliteStage>(); }})),
                         backend_name);
INSTANTIATE_TEST_SUITE_P(Sqlite, AuditContract,
                         ::testing::ValuesIn(audit_contract(CatalogBackend{
                             "sqlite", [] { return std::make_unique<SqliteStage>(); }})),
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

// As the first version made it: with its tenants in a table of their own.
TEST(SqliteCatalog, TakesOverTheTenantsAndKeysOfTheFirstSchema) {
  const TempFolder folder;
  const std::string path = folder.file("catalog.sqlite");
  {
    auto database = Database::open(path, 10);
    ASSERT_TRUE(database);
    ASSERT_TRUE(database->execute(
        "CREATE TABLE tenants (id TEXT PRIMARY KEY, name TEXT NOT NULL, currency TEXT NOT NULL, "
        "timezone TEXT NOT NULL, created_us INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
        "CREATE TABLE api_keys (id TEXT PRIMARY KEY, tenant_id TEXT REFERENCES tenants (id), "
        "name TEXT NOT NULL, secret_hash TEXT NOT NULL, scopes INTEGER NOT NULL, "
        "is_operator INTEGER NOT NULL, is_public INTEGER NOT NULL, origins TEXT NOT NULL, "
        "created_us INTEGER NOT NULL, expires_us INTEGER NOT NULL, revoked_us INTEGER NOT NULL, "
        "last_used_us INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
        "CREATE INDEX api_keys_by_tenant ON api_keys (tenant_id);"
        "INSERT INTO tenants VALUES ('b', 'the \"second\" é', 'EUR', 'Europe/Berlin', 7), "
        "('a', '', 'USD', 'UTC', 9);"
        "INSERT INTO api_keys VALUES ('k', 'b', 'key', 'h', 1, 0, 0, '', 1, 0, 0, 0), "
        "('o', 'b', 'key', 'h', 31, 0, 0, '', 2, 0, 0, 0);"
        "PRAGMA application_id = 1633968739; PRAGMA user_version = 1"));
  }
  auto catalog = open_catalog(options_for(path));
  ASSERT_TRUE(catalog) << catalog.error().message;
  const auto tenants = (*catalog)->tenants();
  ASSERT_TRUE(tenants);
  ASSERT_EQ(tenants->size(), 2U);
  EXPECT_EQ((*tenants)[0].id, "a");
  EXPECT_EQ((*tenants)[0].name, "");
  EXPECT_EQ((*tenants)[1].name, "the \"second\" é");
  EXPECT_EQ((*tenants)[1].currency, "EUR");
  EXPECT_EQ((*tenants)[1].timezone, "Europe/Berlin");
  EXPECT_EQ((*tenants)[1].created_us, 7);
  const auto keys = (*catalog)->keys("b");
  ASSERT_TRUE(keys && keys->size() == 2U);
  EXPECT_EQ((*keys)[0].scopes, 1U);
  EXPECT_EQ((*keys)[1].scopes, all_scopes()) << "an owner's key stays one";
  EXPECT_EQ(*(*catalog)->entities().last_change(), 2);
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
