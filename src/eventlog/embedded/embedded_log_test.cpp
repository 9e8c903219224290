#include "eventlog/embedded/embedded_log.hpp"

#include <atomic>
#include <filesystem>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <thread>

#include "base/logging.hpp"
#include "base/testing/sim_clock.hpp"
#include "base/testing/sim_file_system.hpp"
#include "eventlog/registry.hpp"
#include "eventlog/testing/contract.hpp"
#include "eventlog/testing/test_events.hpp"

namespace adbacus {
namespace {

constexpr TimeUs kStartUs = 1'795'262'400 * kSecondUs;

EmbeddedLogOptions small_options(const std::string& folder) {
  EmbeddedLogOptions options;
  options.folder = folder;
  options.segment_bytes = std::uint64_t{1} << 20U;
  options.free_bytes_min = 0;
  return options;
}

class EmbeddedHarness final : public LogHarness {
 public:
  explicit EmbeddedHarness(bool real) : real_(real) {
    log_configure(LogLevel::error, LogFormat::text);
    char name[] = "/tmp/adbacus_log_XXXXXX";
    if (real) folder_ = ::mkdtemp(name);
  }
  ~EmbeddedHarness() override {
    if (real_) std::filesystem::remove_all(folder_);
  }
  EmbeddedHarness(const EmbeddedHarness&) = delete;
  EmbeddedHarness& operator=(const EmbeddedHarness&) = delete;

  Result<std::unique_ptr<EventLog>> open() override {
    EventLogConfig config;
    config.embedded = small_options(folder_);
    return open_event_log(real_ ? real_file_system() : sim_, clock_, config);
  }
  bool tells_duplicates() const override { return true; }
  void step_wall_clock(TimeUs us) override { clock_.step_wall(us); }

 private:
  bool real_;
  std::string folder_ = "/log";
  SimFileSystem sim_;
  SimClock clock_{kStartUs};
};

class EmbeddedContract : public testing::TestWithParam<std::tuple<LogContractCase, bool>> {};

TEST_P(EmbeddedContract, Holds) {
  const auto& [contract_case, real] = GetParam();
  EmbeddedHarness harness(real);
  contract_case.run(harness);
}

std::string name_of(const testing::TestParamInfo<std::tuple<LogContractCase, bool>>& each) {
  return std::string(std::get<0>(each.param).name) +
         (std::get<1>(each.param) ? "OnARealDisk" : "OnASimulatedDisk");
}

INSTANTIATE_TEST_SUITE_P(, EmbeddedContract,
                         testing::Combine(testing::ValuesIn(log_contract_cases().begin(),
                                                            log_contract_cases().end()),
                                          testing::Bool()),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Controls, EmbeddedContract,
                         testing::Combine(testing::ValuesIn(control_contract_cases().begin(),
                                                            control_contract_cases().end()),
                                          testing::Bool()),
                         name_of);

class EmbeddedLog : public testing::Test {
 protected:
  std::unique_ptr<EventLog> open(const EmbeddedLogOptions& options) {
    auto log = open_embedded_log(sim_, clock_, options);
    EXPECT_TRUE(log) << log.error().message;
    return log ? std::move(*log) : nullptr;
  }
  // Sends until the answer is what the test waits for; a bound instead of a sleep.
  template <class Predicate>
  bool append_until(EventLog& log, int tries, Predicate&& good) {
    for (int i = 0; i < tries; ++i) {
      const TestEvent event{.id = "try" + std::to_string(tried_++),
                            .url = std::string(50'000, 'x')};
      if (good(append_and_wait(log, event))) return true;
      std::this_thread::yield();
    }
    return false;
  }

  SimFileSystem sim_;
  SimClock clock_{kStartUs};
  int tried_ = 0;
};

TEST_F(EmbeddedLog, TellsAllWrongOptionsAtOnce) {
  EmbeddedLogOptions options;
  options.segment_bytes = 5;
  options.live_window_hours = 0;
  auto log = open_embedded_log(sim_, clock_, options);
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().code, ErrorCode::invalid_argument);
  for (const char* part : {"folder", "segment", "id window"}) {
    EXPECT_NE(log.error().message.find(part), std::string::npos) << part;
  }
}

TEST_F(EmbeddedLog, LetsOneProcessAtATimeHaveTheFolder) {
  auto log = open(small_options("/log"));
  auto second = open_embedded_log(sim_, clock_, small_options("/log"));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::conflict);
}

// Enough for several threads to read several segments, one of them without its sidecar.
TEST_F(EmbeddedLog, KnowsTheIdsOfManySegmentsWhenItIsOpenedAgain) {
  constexpr std::size_t kBatches = 105;
  constexpr std::size_t kEvents = 2'000;
  const auto batch = [](std::size_t number) {
    std::vector<TestEvent> events(kEvents);
    for (std::size_t i = 0; i < kEvents; ++i) events[i].id = std::to_string(number * kEvents + i);
    events[0].type = EventType::conversion;
    events[1].import_run = "run";
    return events;
  };
  auto log = open(small_options("/log"));
  for (std::size_t n = 0; n < kBatches; ++n) {
    const auto ack = append_and_wait(*log, batch(n));
    ASSERT_TRUE(ack);
    ASSERT_EQ(ack->duplicates, 0U);
  }
  const std::size_t ids = log->status().id_count;
  log.reset();
  auto names = sim_.list("/log");
  ASSERT_TRUE(names);
  std::erase_if(*names, [](const std::string& name) { return !name.ends_with(".ids"); });
  ASSERT_GE(names->size(), 4U);
  ASSERT_TRUE(sim_.remove("/log/" + (*names)[1]));
  log = open(small_options("/log"));
  EXPECT_EQ(log->status().id_count, ids);
  for (std::size_t n = 0; n < kBatches; ++n) {
    const auto ack = append_and_wait(*log, batch(n));
    ASSERT_TRUE(ack);
    ASSERT_EQ(ack->duplicates, kEvents) << "batch " << n;
  }
}

TEST_F(EmbeddedLog, FailsForGoodWhenASyncFails) {
  auto log = open(small_options("/log"));
  ASSERT_TRUE(append_and_wait(*log, {.id = "a"}));
  sim_.fail_syncs("/log/0", 1);
  EXPECT_EQ(append_and_wait(*log, {.id = "b"}).error().code, ErrorCode::io);
  const LogStatus status = log->status();
  EXPECT_TRUE(status.failed);
  EXPECT_FALSE(status.failure.empty());
  EXPECT_EQ(append_and_wait(*log, {.id = "c"}).error().code, ErrorCode::io);
  auto reader = log->reader();
  EXPECT_TRUE(read_all(*reader, 1, 4096)) << "what is durable can still be read";
}

TEST_F(EmbeddedLog, RefusesOnAFullDiskAndResumesByItself) {
  sim_.set_capacity(std::uint64_t{4} << 20U);
  auto log = open(small_options("/log"));
  ASSERT_TRUE(append_until(*log, 1000, [](const Result<AppendAck>& ack) {
    return !ack && ack.error().code == ErrorCode::storage_full;
  }));
  EXPECT_TRUE(log->status().storage_full);
  EXPECT_FALSE(log->status().failed);
  const Seq synced = log->status().synced_seq;
  auto reader = log->reader();
  EXPECT_EQ(read_all(*reader, 1, 1 << 20)->size(), synced);
  sim_.set_capacity(std::uint64_t{64} << 20U);
  EXPECT_TRUE(append_until(*log, 10'000'000,
                           [](const Result<AppendAck>& ack) { return static_cast<bool>(ack); }));
  EXPECT_FALSE(log->status().storage_full);
  EXPECT_EQ(read_all(*reader, synced + 1, 1 << 20)->size(), 1U);
}

TEST_F(EmbeddedLog, RefusesBelowTheFreeSpaceFloor) {
  sim_.set_capacity(std::uint64_t{16} << 20U);
  EmbeddedLogOptions options = small_options("/log");
  options.free_bytes_min = std::uint64_t{32} << 20U;
  auto log = open(options);
  EXPECT_TRUE(append_until(*log, 10'000'000, [](const Result<AppendAck>& ack) {
    return !ack && ack.error().code == ErrorCode::storage_full;
  }));
  sim_.set_capacity(std::uint64_t{64} << 20U);
  EXPECT_TRUE(append_until(*log, 10'000'000,
                           [](const Result<AppendAck>& ack) { return static_cast<bool>(ack); }));
}

TEST_F(EmbeddedLog, RefusesAtOnceWhenTooMuchWaits) {
  EmbeddedLogOptions options = small_options("/log");
  options.waiting_bytes_max = std::size_t{1} << 20U;
  auto log = open(options);
  AppendBatch large =
      make_batch({.id = "a", .url = std::string(200'000, 'x')}, log->identity().hash_seed);
  for (int i = 0; i < 10; ++i) {
    const auto more = make_batch({.id = "b" + std::to_string(i), .url = std::string(200'000, 'x')},
                                 log->identity().hash_seed);
    EntryMeta entry = more.entries[0];
    entry.offset = static_cast<std::uint32_t>(large.bytes.size());
    large.bytes += more.bytes;
    large.entries.push_back(entry);
  }
  bool answered = false;
  log->append(std::move(large), [&](Result<AppendAck> ack) {
    answered = true;
    ASSERT_FALSE(ack);
    EXPECT_EQ(ack.error().code, ErrorCode::unavailable);
  });
  EXPECT_TRUE(answered);
  EXPECT_EQ(log->status().waiting_bytes, 0U);
}

TEST_F(EmbeddedLog, AnswersEverythingThatWasHandedInBeforeClosing) {
  auto log = open(small_options("/log"));
  std::atomic<int> good{0};
  for (int i = 0; i < 500; ++i) {
    log->append(make_batch({.id = std::to_string(i)}, log->identity().hash_seed),
                [&](Result<AppendAck> ack) { good += ack ? 1 : 0; });
  }
  log->close();
  EXPECT_EQ(good.load(), 500);
  EXPECT_EQ(log->status().synced_seq, 500U);
}

TEST_F(EmbeddedLog, RaisesAFlagWhenTheWallClockSteps) {
  auto log = open(small_options("/log"));
  const auto flag_after = [&](int id) {
    EXPECT_TRUE(append_and_wait(*log, {.id = std::to_string(id)}));
    return log->status().clock_stepped;
  };
  clock_.advance(kHourUs);
  EXPECT_FALSE(flag_after(1)) << "time just passed";
  clock_.step_wall(2 * kMinuteUs);
  EXPECT_TRUE(flag_after(2));
  clock_.advance(2 * kHourUs);
  EXPECT_FALSE(flag_after(3));
  clock_.step_wall(-5 * kHourUs);
  EXPECT_TRUE(flag_after(4));
  clock_.advance(2 * kHourUs);
  EXPECT_TRUE(flag_after(5)) << "still behind the log";
  clock_.advance(4 * kHourUs);
  EXPECT_FALSE(flag_after(6));
}

TEST_F(EmbeddedLog, DropsWholeOldSegmentsOnly) {
  auto log = open(small_options("/log"));
  for (int i = 0; i < 60; ++i) {
    clock_.advance(kMinuteUs);
    ASSERT_TRUE(append_and_wait(*log, {.id = std::to_string(i), .url = std::string(60'000, 'x')}));
  }
  EXPECT_EQ(*log->drop_before(1'000, 0), 1U) << "nothing is older than 1970";
  EXPECT_EQ(*log->drop_before(1, kStartUs + kDayUs), 1U) << "nothing is before event 1";
  const Seq first = *log->drop_before(40, kStartUs + kDayUs);
  EXPECT_GT(first, 1U);
  EXPECT_LE(first, 40U);
  auto reader = log->reader();
  LogBatch batch;
  EXPECT_EQ(reader->read(first - 1, 4096, 0, batch).error().code, ErrorCode::not_found);
  EXPECT_EQ(read_all(*reader, first, 4096)->size(), 60 - first + 1);
  reader.reset();
  log.reset();

  EmbeddedLogOptions needs_old = small_options("/log");
  needs_old.required_from = 1;
  EXPECT_EQ(open_embedded_log(sim_, clock_, needs_old).error().code, ErrorCode::corrupt);
  log = open(small_options("/log"));
  EXPECT_EQ(log->status().first_seq, first);
  EXPECT_EQ(append_and_wait(*log, {.id = "59", .url = std::string(60'000, 'x')})->duplicates, 1U);
}

}  // namespace
}  // namespace adbacus
