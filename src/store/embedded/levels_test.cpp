// Compaction and derived levels, seen in the file after the store has settled.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "store/embedded/duckdb_connection.hpp"
#include "store/embedded/embedded_store.hpp"
#include "store/embedded/store_schema.hpp"
#include "store/testing/random_facts.hpp"
#include "store/testing/store_folder.hpp"

namespace adbacus {
namespace {

// Two months of events in many small commits, long past when the last batch is logged.
void fill(const StoreFolder& folder) {
  EmbeddedStoreOptions options;
  options.path = folder.store_path();
  options.log_uuid = "log";
  options.commit_interval_ms = 1;
  auto store = open_embedded_store(options, system_clock());
  ASSERT_TRUE(store) << store.error().message;
  RandomFactsOptions facts_options;
  facts_options.hours = 24 * 65;
  RandomFacts facts(test_seed(), facts_options);
  Seq position = 0;
  for (int i = 0; i < 30; ++i) {
    FactBatch batch = facts.batch((*store)->series(), 0, position);
    if (i == 29) batch.log_time_us = facts_options.from_us + 200 * kDayUs;
    position = batch.to;
    ASSERT_TRUE((*store)->write(std::move(batch)));
    if (i % 3 == 0) {
      ASSERT_TRUE((*store)->flush());
    }
  }
  ASSERT_TRUE((*store)->flush());
  ASSERT_TRUE(wait_settled(**store));
}

// Filled once for all tests, which only read.
class Levels : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<StoreFolder>();
    fill(*folder_);
    auto database = DuckdbDatabase::open(folder_->store_path(), {});
    ASSERT_TRUE(database) << database.error().message;
    database_ = std::move(*database);
  }
  static void TearDownTestSuite() {
    database_.reset();
    folder_.reset();
  }
  static std::int64_t number(const std::string& sql) {
    auto connection = database_->connect();
    if (!connection) return -1;
    auto result = connection->number(sql);
    EXPECT_TRUE(result) << result.error().message;
    return result ? *result : -1;
  }

 private:
  static inline std::unique_ptr<StoreFolder> folder_;
  static inline std::unique_ptr<DuckdbDatabase> database_;
};

TEST_F(Levels, RowsOfAClosedBlockAreCompactedUnlessTheyAreFew) {
  for (const Rollup rollup : kCounterRollups) {
    const std::string table = table_of(rollup);
    const auto rows = number("SELECT count(*) FROM " + table);
    const auto keys = number("SELECT count(DISTINCT (series, period, slice)) FROM " + table);
    EXPECT_GT(rows, 0) << table;
    EXPECT_LE(rows, keys + keys / 2) << table;
  }
  const auto reach = number("SELECT count(*) FROM reach");
  EXPECT_GT(reach, 0);
  EXPECT_LE(reach, 2 * number("SELECT count(DISTINCT (series, period)) FROM reach"));
}

TEST_F(Levels, NotesHowManyRowsEachBlockHas) {
  for (const Rollup rollup : kCounterRollups) {
    EXPECT_EQ(
        number(fmt::format("SELECT CAST(sum(rows) AS BIGINT) FROM delta_rows WHERE rollup = {}",
                           static_cast<int>(rollup))),
        number(fmt::format("SELECT count(*) FROM {}", table_of(rollup))))
        << table_of(rollup);
  }
}

TEST_F(Levels, EachLevelSumsUpTheOneBelow) {
  const auto sum = [](Rollup rollup, const std::string& where) {
    return number(
        fmt::format("SELECT CAST(coalesce(sum(events * (series + 1) + value_micros), 0) "
                    "AS BIGINT) FROM {} WHERE {}",
                    table_of(rollup), where));
  };
  EXPECT_EQ(sum(Rollup::traffic_minute, "true"), sum(Rollup::traffic_hour, "true"));
  for (const Cube cube : {Cube::traffic, Cube::breakdown}) {
    const auto of_cube = fmt::format("cube = {}", static_cast<int>(cube));
    const auto days = number("SELECT CAST(days_until AS BIGINT) FROM level_marks WHERE " + of_cube);
    const auto months =
        number("SELECT CAST(months_until AS BIGINT) FROM level_marks WHERE " + of_cube);
    EXPECT_GT(months, (2026 - 1970) * 12 + 10);
    EXPECT_EQ(sum(rollup_of(cube, Level::hour), fmt::format("period < {}", days * 24)),
              sum(rollup_of(cube, Level::day), "true"));
    const Period month_end = first_day_of_month(static_cast<Period>(months));
    EXPECT_EQ(sum(rollup_of(cube, Level::day), fmt::format("period < {}", month_end)),
              sum(rollup_of(cube, Level::month), "true"));
  }
}

TEST(Calendar, MonthsAndDaysFollowEachOther) {
  EXPECT_EQ(month_of_day(0), 0);
  EXPECT_EQ(month_of_day(-1), -1);
  EXPECT_EQ(day_of_hour(-1), -1);
  EXPECT_EQ(first_day_of_month(1), 31);
  for (Period month = -500; month < 2000; ++month) {
    ASSERT_EQ(month_of_day(first_day_of_month(month)), month);
    ASSERT_EQ(month_of_day(first_day_of_month(month) - 1), month - 1);
  }
}

}  // namespace
}  // namespace adbacus
