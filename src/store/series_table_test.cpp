#include "store/series_table.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

namespace adbacus {
namespace {

Series series(const std::string& tenant, const std::string& campaign, Cube cube = Cube::traffic) {
  Series result;
  result.cube = cube;
  result.dims[static_cast<std::size_t>(SeriesDim::tenant)] = tenant;
  result.dims[static_cast<std::size_t>(SeriesDim::campaign)] = campaign;
  return result;
}

TEST(SeriesTable, GivesDenseIdsAndTheSameOneForTheSameTexts) {
  SeriesTable table;
  EXPECT_EQ(table.intern(series("t", "a")), 0U);
  EXPECT_EQ(table.intern(series("t", "b")), 1U);
  EXPECT_EQ(table.intern(series("t", "a")), 0U);
  EXPECT_EQ(table.intern(series("t", "a", Cube::breakdown)), 2U);
  EXPECT_EQ(table.size(), 3U);
  EXPECT_EQ(table.get(1).dims[1], "b");
}

TEST(SeriesTable, TellsTextsApartWhoseConcatenationIsEqual) {
  SeriesTable table;
  EXPECT_NE(table.intern(series("ab", "c")), table.intern(series("a", "bc")));
}

TEST(SeriesTable, ListsATenantsSeriesByCube) {
  SeriesTable table;
  for (int i = 0; i < 10'000; ++i) {
    table.intern(series(fmt::format("t{}", i % 3), fmt::format("{}", i)));
  }
  EXPECT_EQ(table.of_tenant("t1", Cube::traffic).size(), 3333U);
  EXPECT_TRUE(table.of_tenant("t1", Cube::breakdown).empty());
  EXPECT_TRUE(table.of_tenant("none", Cube::traffic).empty());
  for (const SeriesId id : table.of_tenant("t2", Cube::traffic)) {
    ASSERT_EQ(table.get(id).dims[0], "t2");
  }
}

TEST(SeriesTable, FindsLoadedSeriesAgain) {
  SeriesTable table;
  table.load(0, series("t", "a"));
  table.load(1, series("t", "b"));
  EXPECT_EQ(table.intern(series("t", "b")), 1U);
  EXPECT_EQ(table.intern(series("t", "c")), 2U);
}

TEST(SeriesTable, ForgetsWhatItIsToldToForget) {
  SeriesTable table;
  for (int i = 0; i < 5000; ++i) table.intern(series("t", fmt::format("{}", i)));
  table.truncate(3000);
  EXPECT_EQ(table.size(), 3000U);
  EXPECT_EQ(table.of_tenant("t", Cube::traffic).size(), 3000U);
  const auto refuse = [](const Series&) { return false; };
  Series kept = series("t", "2999");
  Series gone = series("t", "3000");
  EXPECT_EQ(table.intern_if(kept, refuse), SeriesId{2999});
  EXPECT_FALSE(table.intern_if(gone, refuse));
  EXPECT_EQ(table.size(), 3000U);
  EXPECT_EQ(table.intern(series("t", "4000")), 3000U);
  EXPECT_EQ(table.get(3000).dims[1], "4000");
}

TEST(SeriesTable, AgreesAcrossThreadsThatInternAndRead) {
  SeriesTable table;
  std::vector<std::vector<SeriesId>> ids(4);
  std::vector<std::thread> threads;
  for (auto& mine : ids) {
    threads.emplace_back([&table, &mine] {
      for (int i = 0; i < 9000; ++i) {
        mine.push_back(table.intern(series("t", fmt::format("c{}", i))));
        ASSERT_EQ(table.get(mine.back()).dims[1], fmt::format("c{}", i));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(table.size(), 9000U);
  for (const auto& mine : ids) EXPECT_EQ(mine, ids[0]);
}

}  // namespace
}  // namespace adbacus
