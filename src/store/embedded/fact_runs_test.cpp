// A batch's rows as sorted runs, against plain maps: for blocks of every size that is sorted in
// another way.
#include "store/embedded/fact_runs.hpp"

#include <gtest/gtest.h>
#include <map>
#include <tuple>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kSeries = 3000;

std::vector<SeriesPlaces::Place> random_places(Rng& rng) {
  std::vector<SeriesPlaces::Place> places;
  for (std::size_t i = 0; i < kSeries; ++i) {
    const auto campaign = rng.below(4) == 0 ? rng.below(1U << 20U) : rng.below(30);
    places.push_back(
        {static_cast<TableNumber>(rng.below(2)), static_cast<CampaignNumber>(campaign)});
  }
  return places;
}

std::vector<RollupRow> random_rows(Rng& rng, std::size_t count) {
  std::vector<RollupRow> rows;
  for (std::size_t i = 0; i < count; ++i) {
    RollupRow row;
    row.series = static_cast<SeriesId>(rng.below(kSeries));
    row.period = static_cast<Period>(rng.below(90)) - 20;  // before 1970 too
    row.slice = static_cast<Slice>(rng.below(kSlices));
    row.counters.v[rng.below(kCounters)] = static_cast<std::int64_t>(rng.below(9)) - 4;
    rows.push_back(row);
  }
  return rows;
}

// table, kind, hour, campaign, series, minute, slice: the order of blocks and of rows in them
using RowKey = std::tuple<TableNumber, RowKind, Period, CampaignNumber, SeriesId, int, Slice>;
using Sums = std::map<RowKey, Counters>;

void count_rows(const std::vector<RollupRow>& rows, RowKind kind,
                const std::vector<SeriesPlaces::Place>& places, Sums& sums) {
  for (const RollupRow& row : rows) {
    Period hour = row.period;
    int minute = 0;
    if (kind != RowKind::breakdown_hour) {
      hour = (row.period + 60 * 1000) / 60 - 1000;  // floored
      if (kind == RowKind::traffic_minute) minute = row.period - hour * 60;
    }
    const auto& place = places[row.series];
    sums[{place.table, kind, hour, place.campaign, row.series, minute, row.slice}].add(
        row.counters);
  }
}

TEST(FactRuns, HoldTheSumsOfTheRowsInOrder) {
  Rng rng(test_seed());
  for (const std::size_t rows : {1U, 40U, 2'000U, 9'000U, 60'000U}) {
    const auto places = random_places(rng);
    FactBatch batch;
    batch.minute_rows = random_rows(rng, rows);
    batch.hour_rows = random_rows(rng, rows);
    Sums expected;
    count_rows(batch.minute_rows, RowKind::traffic_minute, places, expected);
    count_rows(batch.minute_rows, RowKind::traffic_hour, places, expected);
    count_rows(batch.hour_rows, RowKind::breakdown_hour, places, expected);
    std::erase_if(expected, [](const auto& sum) { return sum.second == Counters{}; });
    auto next = expected.begin();
    for (const BlockRun& block : make_fact_runs(batch, places)) {
      for_each_row(*block.run, [&](CampaignNumber campaign, const RowRun::Head& head,
                                   const std::uint32_t* words) {
        ASSERT_NE(next, expected.end());
        const RowKey key{block.key.table, block.key.kind, block.key.hour, campaign,
                         head.series,     head.minute,    head.slice};
        EXPECT_EQ(next->first, key);
        EXPECT_EQ(next->second, RowRun::counters(head, words));
        ++next;
      });
    }
    EXPECT_EQ(next, expected.end());
  }
}

}  // namespace
}  // namespace adbacus
