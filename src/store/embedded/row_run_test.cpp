#include "store/embedded/row_run.hpp"

#include <gtest/gtest.h>
#include <map>
#include <tuple>

#include "base/rng.hpp"
#include "store/testing/store_folder.hpp"

namespace adbacus {
namespace {

using Key = std::tuple<CampaignNumber, SeriesId, int, Slice>;
using Model = std::map<Key, Counters>;

Model random_model(Rng& rng, std::size_t rows) {
  Model model;
  for (std::size_t i = 0; i < rows; ++i) {
    const auto series = static_cast<SeriesId>(rng.below(50));
    Counters counters;
    for (std::uint64_t k = rng.below(4); k > 0; --k) {
      counters.v[rng.below(kCounters)] = static_cast<std::int64_t>(rng.next() >> rng.below(64)) -
                                         static_cast<std::int64_t>(rng.below(1000));
    }
    model[{series / 7, series, static_cast<int>(rng.below(60)),
           static_cast<Slice>(rng.below(kSlices))}] = counters;
  }
  return model;
}

RowRunPtr run_of(const Model& model) {
  RowRunBuilder builder;
  for (const auto& [key, counters] : model) {
    builder.add(std::get<0>(key), std::get<1>(key), static_cast<std::uint8_t>(std::get<2>(key)),
                std::get<3>(key), counters);
  }
  return builder.finish();
}

Model model_of(const RowRun& run) {
  Model model;
  for_each_row(run, [&](CampaignNumber campaign, const RowRun::Head& head, const auto* words) {
    const bool added = model
                           .emplace(Key{campaign, head.series, head.minute, head.slice},
                                    RowRun::counters(head, words))
                           .second;
    EXPECT_TRUE(added);
  });
  return model;
}

void drop_zero(Model& model) {
  std::erase_if(model, [](const auto& row) { return row.second == Counters{}; });
}

TEST(RowRun, KeepsRowsAndMergesBySum) {
  const std::uint64_t seed = test_seed();
  SCOPED_TRACE(seed);
  Rng rng(seed);
  for (int round = 0; round < 50; ++round) {
    std::vector<RowRunPtr> runs;
    Model sum;
    for (std::uint64_t i = rng.below(6); i > 0; --i) {
      Model one = random_model(rng, rng.below(300));
      for (const auto& [key, counters] : one) sum[key].add(counters);
      runs.push_back(run_of(one));
      drop_zero(one);
      ASSERT_EQ(model_of(*runs.back()), one);
    }
    drop_zero(sum);
    ASSERT_EQ(model_of(*merge_runs(runs)), sum);
  }
}

TEST(RowRun, FindsCampaigns) {
  Model model;
  for (const CampaignNumber campaign : {2U, 5U, 9U}) {
    model[{campaign, campaign * 10, 0, Slice::counted_valid}].v[0] = campaign;
  }
  const RowRunPtr run = run_of(model);
  ASSERT_EQ(run->campaigns(), 3U);
  EXPECT_EQ(run->find(5), 1U);
  for (const CampaignNumber missing : {0U, 3U, 10U}) EXPECT_EQ(run->find(missing), 3U);
  EXPECT_EQ(RowRunBuilder().finish()->find(1), 0U);
}

TEST(RowRun, TakesSixteenBytesForAnImpressionRow) {
  RowRunBuilder builder;
  for (SeriesId id = 0; id < 1000; ++id) {
    Counters counters;
    counters[Counter64::impressions] = 7;
    counters[Counter64::events] = 7;
    builder.add(0, id, 0, Slice::counted_valid, counters);
  }
  EXPECT_LE(builder.finish()->bytes(), 1000 * 18U);
}

}  // namespace
}  // namespace adbacus
