#include "store/embedded/embedded_store.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdexcept>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "base/failpoint.hpp"
#include "store/testing/contract.hpp"
#include "store/testing/random_facts.hpp"
#include "store/testing/reference_model.hpp"
#include "store/testing/store_folder.hpp"

namespace adbacus {
namespace {

EmbeddedStoreOptions options_in(const StoreFolder& folder) {
  EmbeddedStoreOptions options;
  options.path = folder.store_path();
  options.log_uuid = "log";
  options.commit_interval_ms = 10;
  return options;
}

std::unique_ptr<AnalyticsStore> open_or_throw(const EmbeddedStoreOptions& options) {
  auto store = open_embedded_store(options, system_clock());
  if (!store) throw std::runtime_error(store.error().message);
  return std::move(*store);
}

class EmbeddedStoreContract : public ::testing::TestWithParam<StoreContractCase> {};

TEST_P(EmbeddedStoreContract, HoldsWithTheIndex) {
  StoreFolder folder;
  StoreUnderTest store([&] { return open_embedded_store(options_in(folder), system_clock()); });
  GetParam().run(store);
}

TEST_P(EmbeddedStoreContract, HoldsWithoutTheIndex) {
  StoreFolder folder;
  EmbeddedStoreOptions options = options_in(folder);
  options.index.minute_hours = 0;
  options.index.hour_hours = 0;
  StoreUnderTest store([&] { return open_embedded_store(options, system_clock()); });
  GetParam().run(store);
}

INSTANTIATE_TEST_SUITE_P(Store, EmbeddedStoreContract, ::testing::ValuesIn(store_contract()),
                         [](const auto& param) { return param.param.name; });

// Writes deterministic batches from wherever the store stands.
class Feed {
 public:
  explicit Feed(std::uint64_t seed) : facts_(seed, {}) {}

  void write(AnalyticsStore& store, int batches) {
    for (int i = 0; i < batches; ++i) {
      FactBatch batch = facts_.batch(store.series(), 0, position_);
      position_ = batch.to;
      model_.add(batch, store.series());
      const auto ok = store.write(std::move(batch));
      ASSERT_TRUE(ok) << ok.error().message;
    }
  }
  void expect_equal(AnalyticsStore& store) {
    for (int i = 0; i < 20; ++i) {
      const RollupQuery query = facts_.query();
      auto result = store.query(query);
      ASSERT_TRUE(result) << result.error().message;
      ASSERT_EQ(describe(result->rows), describe(model_.query(query))) << describe(query);
    }
  }
  Seq position() const { return position_; }

 private:
  RandomFacts facts_;
  ReferenceModel model_;
  Seq position_ = 0;
};

class Failpoints {
 public:
  explicit Failpoints(std::string_view text) { EXPECT_TRUE(failpoint_configure(text)); }
  ~Failpoints() { EXPECT_TRUE(failpoint_configure("")); }
};

TEST(EmbeddedStore, RepeatsACommitThatFailed) {
  StoreFolder folder;
  auto store = open_or_throw(options_in(folder));
  Feed feed(test_seed());
  const Failpoints failing("store.before_commit=2*return(io)");
  feed.write(*store, 5);
  ASSERT_TRUE(store->flush());
  EXPECT_EQ(*store->committed(0), feed.position());
  feed.expect_equal(*store);
  store.reset();
  store = open_or_throw(options_in(folder));
  feed.expect_equal(*store);
}

TEST(EmbeddedStore, DoesNotRepeatACommitWhoseReplyWasLost) {
  StoreFolder folder;
  auto store = open_or_throw(options_in(folder));
  Feed feed(test_seed());
  const Failpoints failing("store.after_commit=2*return(io)");
  feed.write(*store, 5);
  ASSERT_TRUE(store->flush());
  feed.write(*store, 5);
  ASSERT_TRUE(store->flush());
  feed.expect_equal(*store);
  store.reset();
  store = open_or_throw(options_in(folder));
  EXPECT_EQ(*store->committed(0), feed.position());
  feed.expect_equal(*store);
}

TEST(EmbeddedStore, GoesOnAfterCommitsThatFoundNoMemory) {
  StoreFolder folder;
  auto store = open_or_throw(options_in(folder));
  Feed feed(test_seed());
  for (const char* place : {"store.before_commit", "store.after_commit"}) {
    const Failpoints failing(std::string(place) + "=2*no_memory");
    feed.write(*store, 5);
    ASSERT_TRUE(store->flush());
    EXPECT_FALSE(store->status().failed);
    EXPECT_EQ(*store->committed(0), feed.position());
    feed.expect_equal(*store);
  }
  store.reset();
  store = open_or_throw(options_in(folder));
  EXPECT_EQ(*store->committed(0), feed.position());
  feed.expect_equal(*store);
}

TEST(EmbeddedStore, HoldsWhatTheFoldKnewAtItsPositionAndNoMore) {
  StoreFolder folder;
  auto store = open_or_throw(options_in(folder));
  EXPECT_EQ(store->keys_max(0), kKeysMaxDefault);
  const Series first{.cube = Cube::traffic, .dims = {"t", "a"}, .first_day = 20'000};
  store->series().intern(first);
  FactBatch batch;
  batch.to = 5;
  batch.keys_max = 70;
  ASSERT_TRUE(store->write(batch));
  store->series().intern({.cube = Cube::traffic, .dims = {"t", "behind it"}});
  ASSERT_TRUE(store->flush());
  EXPECT_EQ(store->keys_max(0), 70U);
  store.reset();
  store = open_or_throw(options_in(folder));
  EXPECT_EQ(store->keys_max(0), 70U);
  ASSERT_EQ(store->series().size(), 1U);
  EXPECT_EQ(store->series().get(0).dims, first.dims);
  EXPECT_EQ(store->series().get(0).first_day, 20'000);
}

TEST(EmbeddedStore, ResumesFromTheCommittedOffsetAfterItFailed) {
  StoreFolder folder;
  EmbeddedStoreOptions options = options_in(folder);
  options.commit_attempts_max = 1;
  auto store = open_or_throw(options);
  Feed feed(test_seed());
  feed.write(*store, 3);
  ASSERT_TRUE(store->flush());
  const Seq committed = feed.position();
  {
    const Failpoints failing("store.before_commit=return(io)");
    feed.write(*store, 2);
    EXPECT_FALSE(store->flush());
    EXPECT_TRUE(store->status().failed);
    EXPECT_FALSE(store->status().failure.empty());
    EXPECT_EQ(store->visible(), feed.position());  // readers still see it
  }
  store.reset();
  store = open_or_throw(options);
  EXPECT_EQ(*store->committed(0), committed);
  EXPECT_EQ(store->visible(), committed);
}

TEST(EmbeddedStore, WaitsOutAFullDisk) {
  StoreFolder folder;
  EmbeddedStoreOptions options = options_in(folder);
  options.commit_attempts_max = 1;
  auto store = open_or_throw(options);
  Feed feed(test_seed());
  {
    const Failpoints failing("store.before_commit=return(storage_full)");
    feed.write(*store, 3);
    EXPECT_EQ(store->flush().error().code, ErrorCode::storage_full) << "nobody waits for space";
  }
  while (!store->flush()) ASSERT_FALSE(store->status().failed);
  EXPECT_FALSE(store->status().failed);
  EXPECT_EQ(store->status().failure, "");
  EXPECT_EQ(*store->committed(0), feed.position());
  feed.expect_equal(*store);
}

TEST(EmbeddedStore, BlocksWritersWhileTooMuchWaits) {
  StoreFolder folder;
  EmbeddedStoreOptions options = options_in(folder);
  options.uncommitted_bytes_max = 1;
  options.commit_bytes_max = 1;
  auto store = open_or_throw(options);
  Feed feed(test_seed());
  feed.write(*store, 10);
  EXPECT_LE(store->status().uncommitted_batches, 1U);
  feed.expect_equal(*store);
}

TEST(EmbeddedStore, CommitsWhenARestartWouldHaveMuchToCountAgain) {
  StoreFolder folder;
  EmbeddedStoreOptions options = options_in(folder);
  options.commit_interval_ms = 600'000;
  options.commit_events_max = 50;
  auto store = open_or_throw(options);
  Feed feed(test_seed());
  const TimeUs deadline_us = system_clock().mono_us() + 30 * kSecondUs;
  while (*store->committed(0) == 0 && system_clock().mono_us() < deadline_us) {
    feed.write(*store, 1);
    std::this_thread::yield();
  }
  EXPECT_GT(*store->committed(0), 0U);
}

TEST(EmbeddedStore, RefusesAStoreOfAnotherLogOrShardCount) {
  StoreFolder folder;
  open_or_throw(options_in(folder)).reset();
  EmbeddedStoreOptions options = options_in(folder);
  options.log_uuid = "other";
  EXPECT_EQ(open_embedded_store(options, system_clock()).error().code, ErrorCode::conflict);
  options = options_in(folder);
  options.shards = 2;
  EXPECT_EQ(open_embedded_store(options, system_clock()).error().code, ErrorCode::conflict);
}

void overwrite(const std::string& path, std::streamoff offset, const std::string& bytes) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(offset);
  file << bytes;
}

TEST(EmbeddedStore, SaysCorruptWhenTheFileIsDamaged) {
  StoreFolder folder;
  {
    auto store = open_or_throw(options_in(folder));
    Feed feed(test_seed());
    feed.write(*store, 5);
  }
  const std::string good = folder.path() + "/good";
  std::filesystem::copy_file(folder.store_path(), good);
  const auto size = static_cast<std::streamoff>(std::filesystem::file_size(good));
  const auto code_after = [&](auto&& damage) {
    std::filesystem::copy_file(good, folder.store_path(),
                               std::filesystem::copy_options::overwrite_existing);
    damage();
    auto opened = open_embedded_store(options_in(folder), system_clock());
    return opened ? ErrorCode::internal : opened.error().code;
  };
  EXPECT_EQ(code_after([&] { overwrite(folder.store_path(), 0, std::string(12288, 'x')); }),
            ErrorCode::corrupt);
  EXPECT_EQ(code_after([&] {
              overwrite(folder.store_path(), 12288,
                        std::string(static_cast<std::size_t>(size) - 12288, 'x'));
            }),
            ErrorCode::corrupt);
  EXPECT_EQ(code_after([&] { std::filesystem::resize_file(folder.store_path(), 100); }),
            ErrorCode::corrupt);
}

// The child commits as fast as it can and is killed at an arbitrary moment; batch k adds exactly k
// impressions to each of two campaigns, so any torn batch shows.
constexpr Seq kSeqsPerBatch = 3;

FactBatch crash_batch(SeriesTable& table, Seq from) {
  FactBatch batch;
  batch.from = from;
  batch.to = from + kSeqsPerBatch;
  batch.log_time_us = kDayUs;
  for (const Cube cube : {Cube::traffic, Cube::breakdown}) {
    for (int i = 0; i < 300; ++i) {
      Series series;
      series.cube = cube;
      series.dims[0] = "t1";
      series.dims[1] = fmt::format("c{}", i);
      RollupRow row{
          table.intern(series), cube == Cube::traffic ? 1440 : 24, Slice::counted_valid, {}};
      row.counters[Counter64::impressions] = static_cast<std::int64_t>(batch.to);
      (cube == Cube::traffic ? batch.minute_rows : batch.hour_rows).push_back(row);
    }
  }
  return batch;
}

// Tells each batch written, so that the parent can kill after some of them.
[[noreturn]] void write_for_ever(const EmbeddedStoreOptions& options, int tell) {
  auto store = open_or_throw(options);
  for (Seq from = *store->committed(0);; from += kSeqsPerBatch) {
    if (!store->write(crash_batch(store->series(), from))) _exit(1);
    if (::write(tell, "w", 1) != 1) _exit(1);
  }
}

TEST(EmbeddedStore, HasWholeBatchesAfterKill) {
  StoreFolder folder;
  EmbeddedStoreOptions options = options_in(folder);
  options.commit_interval_ms = 1;
  options.commit_bytes_max = 100'000;
  Rng rng(test_seed());
  Seq last = 0;
  for (int round = 0; round < 8; ++round) {
    int told[2] = {-1, -1};
    ASSERT_EQ(pipe(told), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) write_for_ever(options, told[1]);
    close(told[1]);
    char byte = 0;
    for (std::uint64_t i = 1 + rng.below(60); i > 0; --i) ASSERT_EQ(read(told[0], &byte, 1), 1);
    ASSERT_EQ(kill(child, SIGKILL), 0);
    close(told[0]);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    auto store = open_or_throw(options);
    const Seq committed = *store->committed(0);
    ASSERT_GE(committed, last);  // I6
    ASSERT_EQ(committed % kSeqsPerBatch, 0U);
    last = committed;
    const Seq batches = committed / kSeqsPerBatch;
    const auto expected = static_cast<std::int64_t>(kSeqsPerBatch * batches * (batches + 1) / 2);
    for (const Cube cube : {Cube::traffic, Cube::breakdown}) {
      RollupQuery query;
      query.tenant = "t1";
      query.cube = cube;
      query.to_us = 2 * kDayUs;
      query.dimensions = {SeriesDim::campaign};
      query.measures = {{Counter64::impressions, kNetSlices}};
      auto result = store->query(query);
      ASSERT_TRUE(result) << result.error().message;
      ASSERT_EQ(result->rows.size(), expected == 0 ? 0U : 300U);
      for (const auto& row : result->rows) ASSERT_EQ(row.values[0], expected);
    }
  }
}

}  // namespace
}  // namespace adbacus
