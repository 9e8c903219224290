#include "store/embedded/duckdb_connection.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace adbacus {
namespace {

class Duckdb : public ::testing::Test {
 protected:
  void SetUp() override {
    auto database = DuckdbDatabase::open("", {{"threads", "1"}});
    ASSERT_TRUE(database);
    database_ = std::move(*database);
  }
  DuckdbConnection connect() { return std::move(*database_->connect()); }

 private:
  std::unique_ptr<DuckdbDatabase> database_;
};

TEST_F(Duckdb, AppendedRowsComeBack) {
  DuckdbConnection connection = connect();
  ASSERT_TRUE(connection.run("CREATE TABLE t(a BIGINT, b VARCHAR, c BLOB)"));
  const duckdb_type types[] = {DUCKDB_TYPE_BIGINT, DUCKDB_TYPE_VARCHAR, DUCKDB_TYPE_BLOB};
  auto appender = DuckdbAppender::open(connection, "t", types);
  ASSERT_TRUE(appender);
  const auto text_of = [](std::int64_t i) {
    return fmt::format("{:>{}}", i, static_cast<int>(i % 40) + 1);
  };
  const std::string blob("\0\xff\n", 3);
  for (std::int64_t i = 0; i < 5000; ++i) {
    appender->set<std::int64_t>(0, i);
    appender->set_text(1, text_of(i));
    appender->set_text(2, blob);
    ASSERT_TRUE(appender->next_row());
  }
  ASSERT_TRUE(appender->finish());
  auto rows = connection.query("SELECT a, b, c FROM t ORDER BY a");
  ASSERT_TRUE(rows);
  std::int64_t next = 0;
  for (;;) {
    auto chunk = rows->next();
    ASSERT_TRUE(chunk);
    if (!*chunk) break;
    for (std::size_t i = 0; i < chunk->rows(); ++i, ++next) {
      ASSERT_EQ(chunk->column<std::int64_t>(0)[i], next);
      ASSERT_EQ(chunk->text(1, i), text_of(next));
      ASSERT_EQ(chunk->text(2, i), blob);
    }
  }
  EXPECT_EQ(next, 5000);
}

TEST_F(Duckdb, ATransactionThatIsNotCommittedLeavesNothing) {
  DuckdbConnection connection = connect();
  ASSERT_TRUE(connection.run("CREATE TABLE t(a BIGINT)"));
  {
    auto transaction = DuckdbTransaction::begin(connection);
    ASSERT_TRUE(transaction);
    ASSERT_TRUE(connection.run("INSERT INTO t VALUES (1)"));
  }
  EXPECT_EQ(*connection.number("SELECT count(*) FROM t"), 0);
}

TEST_F(Duckdb, BindsValuesAndCountsChanges) {
  DuckdbConnection connection = connect();
  ASSERT_TRUE(connection.run("CREATE TABLE t(a BIGINT, b VARCHAR)"));
  const DuckdbValue row[] = {std::int64_t{7}, std::string_view("'; DROP TABLE t")};
  auto added = connection.change("INSERT INTO t VALUES (?, ?)", row);
  ASSERT_TRUE(added);
  EXPECT_EQ(*added, 1);
  const DuckdbValue key[] = {std::string_view("'; DROP TABLE t")};
  EXPECT_EQ(*connection.number("SELECT a FROM t WHERE b = ?", key), 7);
}

TEST_F(Duckdb, ErrorsAreResults) {
  DuckdbConnection connection = connect();
  EXPECT_FALSE(connection.run("SELECT nothing FROM nowhere"));
  EXPECT_FALSE(connection.query("SELECT nothing FROM nowhere"));
  EXPECT_EQ(connection.number("SELECT 1 WHERE false").error().code, ErrorCode::not_found);
  auto late = connection.query("SELECT CAST(i AS UTINYINT) FROM range(10000) r(i)");
  Result<void> end;
  while (late && end) {  // the error may come with a later chunk
    auto chunk = late->next();
    if (!chunk) end = chunk.error();
    if (chunk && !*chunk) break;
  }
  EXPECT_FALSE(late && end);
  EXPECT_FALSE(DuckdbDatabase::open("", {{"no_such_setting", "1"}}));
}

}  // namespace
}  // namespace adbacus
