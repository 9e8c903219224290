#include "store/testing/contract.hpp"

#include <algorithm>
#include <atomic>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdexcept>
#include <thread>
#include <vector>

#include "store/testing/random_facts.hpp"
#include "store/testing/reference_model.hpp"
#include "store/testing/store_folder.hpp"

namespace adbacus {
namespace {

constexpr TimeUs kStart = 1'792'800'000LL * kSecondUs;

SeriesId series_of(AnalyticsStore& store, const std::string& tenant, const std::string& campaign) {
  Series series;
  series.cube = Cube::traffic;
  series.dims[static_cast<std::size_t>(SeriesDim::tenant)] = tenant;
  series.dims[static_cast<std::size_t>(SeriesDim::campaign)] = campaign;
  return store.series().intern(series);
}

FactBatch one_row(AnalyticsStore& store, Seq from, Seq to, std::int64_t impressions,
                  const std::string& tenant = "t1") {
  FactBatch batch;
  batch.from = from;
  batch.to = to;
  batch.log_time_us = kStart + static_cast<TimeUs>(to);
  RollupRow row{series_of(store, tenant, "c1"),
                static_cast<Period>(kStart / kMinuteUs),
                Slice::counted_valid,
                {}};
  row.counters[Counter64::impressions] = impressions;
  batch.minute_rows.push_back(row);
  return batch;
}

RollupQuery impressions_query(const std::string& tenant = "t1") {
  RollupQuery query;
  query.tenant = tenant;
  query.from_us = kStart;
  query.to_us = kStart + kHourUs;
  query.measures = {{Counter64::impressions, kNetSlices}};
  return query;
}

std::int64_t impressions(AnalyticsStore& store, const std::string& tenant = "t1") {
  auto result = store.query(impressions_query(tenant));
  EXPECT_TRUE(result) << result.error().message;
  return !result || result->rows.empty() ? 0 : result->rows[0].values[0];
}

std::vector<std::string> dump(AnalyticsStore& store, const std::string& tenant = "") {
  std::vector<std::string> lines;
  auto ok = store.dump(tenant, [&](std::string_view line) { lines.emplace_back(line); });
  EXPECT_TRUE(ok) << ok.error().message;
  return lines;
}

void starts_empty(StoreUnderTest& store) {
  ASSERT_TRUE(store->committed(0));
  EXPECT_EQ(*store->committed(0), 0U);
  EXPECT_EQ(store->visible(), 0U);
  EXPECT_EQ(impressions(*store), 0);
  EXPECT_TRUE(dump(*store).empty());
}

void shows_a_batch_at_once(StoreUnderTest& store) {
  ASSERT_TRUE(store->write(one_row(*store, 0, 10, 3)));
  EXPECT_EQ(store->visible(), 10U);
  auto result = store->query(impressions_query());
  ASSERT_TRUE(result);
  EXPECT_EQ(result->position, 10U);
  EXPECT_EQ(result->data_as_of_us, kStart + 10);
  EXPECT_EQ(impressions(*store), 3);
}

void ignores_a_batch_it_has(StoreUnderTest& store) {
  ASSERT_TRUE(store->write(one_row(*store, 0, 10, 3)));
  ASSERT_TRUE(store->write(one_row(*store, 0, 10, 3)));
  ASSERT_TRUE(store->flush());
  ASSERT_TRUE(store->write(one_row(*store, 0, 7, 3)));
  EXPECT_EQ(impressions(*store), 3);
}

void refuses_a_gap(StoreUnderTest& store) {
  ASSERT_TRUE(store->write(one_row(*store, 0, 10, 3)));
  auto gap = store->write(one_row(*store, 11, 12, 1));
  ASSERT_FALSE(gap);
  EXPECT_EQ(gap.error().code, ErrorCode::corrupt);
  auto overlap = store->write(one_row(*store, 5, 12, 1));
  ASSERT_FALSE(overlap);
  EXPECT_EQ(overlap.error().code, ErrorCode::corrupt);
  EXPECT_EQ(impressions(*store), 3);
}

void keeps_what_was_flushed(StoreUnderTest& store) {
  ASSERT_TRUE(store->write(one_row(*store, 0, 10, 3)));
  ASSERT_TRUE(store->write(one_row(*store, 10, 20, 4)));
  ASSERT_TRUE(store->flush());
  ASSERT_TRUE(store->committed(0));
  EXPECT_EQ(*store->committed(0), 20U);
  store.reopen();
  EXPECT_EQ(*store->committed(0), 20U);
  EXPECT_EQ(store->visible(), 20U);
  EXPECT_EQ(impressions(*store), 7);
  ASSERT_TRUE(store->write(one_row(*store, 20, 21, 1)));
  EXPECT_EQ(impressions(*store), 8);
}

void moves_on_with_an_empty_batch(StoreUnderTest& store) {
  FactBatch batch;
  batch.to = 5;
  batch.log_time_us = kStart;
  ASSERT_TRUE(store->write(std::move(batch)));
  EXPECT_EQ(store->visible(), 5U);
  ASSERT_TRUE(store->flush());
  store.reopen();
  EXPECT_EQ(*store->committed(0), 5U);
}

void keeps_tenants_apart(StoreUnderTest& store) {
  ASSERT_TRUE(store->write(one_row(*store, 0, 1, 3, "t1")));
  ASSERT_TRUE(store->write(one_row(*store, 1, 2, 5, "t2")));
  EXPECT_EQ(impressions(*store, "t1"), 3);
  EXPECT_EQ(impressions(*store, "t2"), 5);
  EXPECT_EQ(impressions(*store, "t"), 0);
  EXPECT_EQ(dump(*store, "t2").size(), 1U);
  EXPECT_EQ(dump(*store).size(), 2U);
}

void refuses_too_many_rows(StoreUnderTest& store) {
  FactBatch batch = one_row(*store, 0, 1, 1);
  for (int i = 0; i < 50; ++i) {
    RollupRow row = batch.minute_rows[0];
    row.series = series_of(*store, "t1", fmt::format("many{}", i));
    batch.minute_rows.push_back(row);
  }
  ASSERT_TRUE(store->write(std::move(batch)));
  RollupQuery query = impressions_query();
  query.dimensions = {SeriesDim::campaign};
  query.rows_max = 51;
  auto all = store->query(query);
  ASSERT_TRUE(all);
  EXPECT_EQ(all->rows.size(), 51U);
  query.rows_max = 50;
  auto refused = store->query(query);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(refused.error().message.starts_with("too_many_rows"));
}

void refuses_what_it_cannot_answer(StoreUnderTest& store) {
  ASSERT_TRUE(store->write(one_row(*store, 0, 1, 1)));
  RollupQuery zone = impressions_query();
  zone.timezone = "Mars/Olympus";
  EXPECT_EQ(store->query(zone).error().code, ErrorCode::invalid_argument);
  RollupQuery reversed = impressions_query();
  std::swap(reversed.from_us, reversed.to_us);
  EXPECT_EQ(store->query(reversed).error().code, ErrorCode::invalid_argument);
  RollupQuery second = impressions_query();
  second.from_us += kSecondUs;
  EXPECT_EQ(store->query(second).error().code, ErrorCode::invalid_argument);
  RollupQuery reach = impressions_query();
  reach.with_reach = true;
  reach.to_us -= kMinuteUs;
  EXPECT_EQ(store->query(reach).error().code, ErrorCode::invalid_argument);
}

void waits_until_visible(StoreUnderTest& store) {
  EXPECT_FALSE(store->wait_visible(10, 1));
  std::thread writer([&] {
    ASSERT_TRUE(store->write(one_row(*store, 0, 5, 1)));
    ASSERT_TRUE(store->write(one_row(*store, 5, 10, 1)));
  });
  EXPECT_TRUE(store->wait_visible(10, 10'000));
  EXPECT_EQ(impressions(*store), 2);
  writer.join();
}

// Each batch adds one impression to each of many series: a reader that sees part of a batch sees a
// sum that is no multiple of their number.
void shows_batches_whole(StoreUnderTest& store) {
  constexpr int kSeries = 40;
  constexpr Seq kBatches = 150;
  std::vector<SeriesId> ids;
  for (int i = 0; i < kSeries; ++i) ids.push_back(series_of(*store, "t1", fmt::format("c{}", i)));
  std::atomic<bool> done{false};
  const auto read = [&] {
    std::int64_t last = 0;
    Seq last_position = 0;
    while (!done) {
      auto result = store->query(impressions_query());
      ASSERT_TRUE(result) << result.error().message;
      const std::int64_t sum = result->rows.empty() ? 0 : result->rows[0].values[0];
      ASSERT_EQ(sum % kSeries, 0);
      ASSERT_GE(sum, last);
      ASSERT_GE(result->position, last_position);
      ASSERT_GE(sum, static_cast<std::int64_t>(result->position) * kSeries);
      last = sum;
      last_position = result->position;
    }
  };
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) readers.emplace_back(read);
  for (Seq seq = 0; seq < kBatches; ++seq) {
    FactBatch batch = one_row(*store, seq, seq + 1, 1);
    const RollupRow row = batch.minute_rows[0];
    batch.minute_rows.clear();
    for (std::size_t i = 0; i < ids.size(); ++i) {
      RollupRow each = row;
      each.series = ids[i];
      each.period += static_cast<Period>((seq + i) % 60);
      batch.minute_rows.push_back(each);
    }
    const auto ok = store->write(std::move(batch));
    EXPECT_TRUE(ok) << ok.error().message;
    if (seq % 25 == 0) {
      const auto flushed = store->flush();
      EXPECT_TRUE(flushed);
    }
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(impressions(*store), static_cast<std::int64_t>(kBatches) * kSeries);
}

// Other batch cuts, commits and restarts, same content: the dumps are the same bytes.
void dumps_the_same_bytes(StoreUnderTest& store) {
  RandomFacts facts(test_seed(), {});
  ReferenceModel model;
  Seq position = 0;
  std::vector<FactBatch> batches;
  for (int i = 0; i < 12; ++i) {
    batches.push_back(facts.batch(store->series(), 0, position));
    position = batches.back().to;
  }
  for (const FactBatch& batch : batches) ASSERT_TRUE(store->write(batch));
  const auto first = dump(*store);
  EXPECT_FALSE(first.empty());
  EXPECT_TRUE(std::is_sorted(first.begin(), first.end()));
  ASSERT_TRUE(wait_settled(*store));
  EXPECT_EQ(dump(*store), first);
  store.reopen();
  EXPECT_EQ(dump(*store), first);
}

void closes_twice(StoreUnderTest& store) {
  ASSERT_TRUE(store->write(one_row(*store, 0, 1, 1)));
  store->close();
  store->close();
  EXPECT_FALSE(store->write(one_row(*store, 1, 2, 1)));
  store.reopen();
  EXPECT_EQ(impressions(*store), 1);
}

constexpr StoreContractCase kCases[] = {
    {"StartsEmpty", starts_empty},
    {"ShowsABatchAtOnce", shows_a_batch_at_once},
    {"IgnoresABatchItHas", ignores_a_batch_it_has},
    {"RefusesAGap", refuses_a_gap},
    {"KeepsWhatWasFlushed", keeps_what_was_flushed},
    {"MovesOnWithAnEmptyBatch", moves_on_with_an_empty_batch},
    {"KeepsTenantsApart", keeps_tenants_apart},
    {"RefusesTooManyRows", refuses_too_many_rows},
    {"RefusesWhatItCannotAnswer", refuses_what_it_cannot_answer},
    {"WaitsUntilVisible", waits_until_visible},
    {"ShowsBatchesWhole", shows_batches_whole},
    {"DumpsTheSameBytes", dumps_the_same_bytes},
    {"ClosesTwice", closes_twice},
};

}  // namespace

StoreUnderTest::StoreUnderTest(Open open) : open_(std::move(open)) {
  reopen();
}

void StoreUnderTest::reopen() {
  if (store_) store_->close();
  store_.reset();
  auto opened = open_();
  if (!opened) throw std::runtime_error(opened.error().message);
  store_ = std::move(*opened);
}

std::span<const StoreContractCase> store_contract() {
  return kCases;
}

}  // namespace adbacus
