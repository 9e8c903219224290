#include <filesystem>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "store/embedded/embedded_store.hpp"
#include "store/testing/random_facts.hpp"
#include "store/testing/reference_model.hpp"
#include "store/testing/store_folder.hpp"

namespace adbacus {
namespace {

struct Case {
  const char* name;
  EmbeddedStoreOptions options;
  int hours;    // of event time
  bool reopen;  // in the middle and at the end
  std::uint16_t shards = 1;
};

void PrintTo(const Case& test, std::ostream* out) {
  *out << test.name;
}

EmbeddedStoreOptions with(int commit_ms, Period index_hours) {
  EmbeddedStoreOptions options;
  options.commit_interval_ms = commit_ms;
  options.index.minute_hours = index_hours;
  options.index.hour_hours = index_hours;
  options.compact_grace_hours = 0;
  options.derive_grace_hours = 0;
  return options;
}

class StoreProperty : public ::testing::TestWithParam<Case> {};

TEST_P(StoreProperty, AnswersRandomQueriesLikeTheReferenceModel) {
  const Case& test = GetParam();
  for (std::uint64_t round = 0; round < 2; ++round) {
    const std::uint64_t seed = test_seed() + round;
    SCOPED_TRACE("seed " + std::to_string(seed));
    StoreFolder folder;
    EmbeddedStoreOptions options = test.options;
    options.path = folder.store_path();
    options.log_uuid = "log";
    options.shards = test.shards;
    auto opened = open_embedded_store(options, system_clock());
    ASSERT_TRUE(opened) << opened.error().message;
    auto store = std::move(*opened);
    RandomFactsOptions facts_options;
    facts_options.hours = test.hours;
    RandomFacts facts(seed, facts_options);
    ReferenceModel model;
    std::vector<Seq> written(test.shards, 0);
    for (int step = 0; step < 30; ++step) {
      const auto shard = static_cast<std::uint16_t>(step % test.shards);
      FactBatch batch = facts.batch(store->series(), shard, written[shard]);
      written[shard] = batch.to;
      model.add(batch, store->series());
      auto ok = store->write(std::move(batch));
      ASSERT_TRUE(ok) << ok.error().message;
      if (step % 10 == 9) {
        ASSERT_TRUE(store->flush());
      }
      if (test.reopen && step % 10 == 9) {
        store->close();
        opened = open_embedded_store(options, system_clock());
        ASSERT_TRUE(opened) << opened.error().message;
        store = std::move(*opened);
      }
      for (int i = 0; i < 3; ++i) {
        const RollupQuery query = facts.query();
        auto result = store->query(query);
        ASSERT_TRUE(result) << result.error().message << "\n" << describe(query);
        ASSERT_EQ(describe(result->rows), describe(model.query(query)))
            << result->source << " step " << step << " " << describe(query);
        ASSERT_EQ(result->position, *std::min_element(written.begin(), written.end()));
      }
    }
    ASSERT_TRUE(wait_settled(*store));
    for (int i = 0; i < 40; ++i) {
      const RollupQuery query = facts.query();
      auto result = store->query(query);
      ASSERT_TRUE(result) << result.error().message;
      ASSERT_EQ(describe(result->rows), describe(model.query(query)))
          << result->source << " settled " << describe(query);
    }
  }
}

EmbeddedStoreOptions tiny_index() {
  EmbeddedStoreOptions options = with(5, 24 * 40);
  options.index.bytes_max = 40'000;
  return options;
}

INSTANTIATE_TEST_SUITE_P(Embedded, StoreProperty,
                         ::testing::Values(Case{"index", with(10'000, 24 * 40), 60, false},
                                           Case{"index_reopened", with(20, 24 * 40), 60, true},
                                           Case{"index_of_some_hours", with(20, 20), 60, true},
                                           Case{"index_bounded_by_memory", tiny_index(), 60, false},
                                           Case{"database", with(5, 0), 60, false},
                                           Case{"database_uncommitted", with(10'000, 0), 60, false},
                                           Case{"database_months", with(100, 0), 24 * 75, true},
                                           Case{"three_shards", with(5, 30), 60, false, 3}),
                         [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace adbacus
