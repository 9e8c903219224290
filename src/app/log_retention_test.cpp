#include "app/log_retention.hpp"

#include <future>
#include <gtest/gtest.h>

#include "app/backup/backup_manifest.hpp"
#include "base/testing/sim_clock.hpp"
#include "base/testing/sim_file_system.hpp"
#include "eventlog/control_entries.hpp"
#include "eventlog/registry.hpp"
#include "eventlog/testing/test_events.hpp"
#include "processor/key_bound_order.hpp"

namespace adbacus {
namespace {

constexpr TimeUs kStartUs = 1'795'000'000 * kSecondUs;

// Stands where the test says.
class FixedStore final : public FactWriter {
 public:
  SeriesTable& series() override { return series_; }
  Result<Seq> committed(std::uint16_t) override { return position; }
  std::uint64_t keys_max(std::uint16_t) override { return kKeysMaxDefault; }
  Result<void> write(FactBatch) override { return {}; }
  Seq position = 0;

 private:
  SeriesTable series_;
};
class FixedLake final : public LakeWriter {
 public:
  Result<Seq> committed() override { return position; }
  Result<void> write(LakeBatch) override { return {}; }
  Result<void> flush() override { return {}; }
  void close() override {}
  Seq position = 0;
};

RetentionOptions by_age(std::uint32_t days) {
  RetentionOptions options;
  options.days = days;
  return options;
}
RetentionOptions by_size(std::uint64_t bytes) {
  RetentionOptions options;
  options.bytes = bytes;
  options.age_min_us = 91 * kDayUs;
  return options;
}

class LogRetentionTest : public ::testing::Test {
 protected:
  void SetUp() override { open(); }
  void open() {
    EventLogConfig config;
    config.embedded.folder = "/log";
    config.embedded.segment_bytes = 1U << 20U;
    config.embedded.free_bytes_min = 0;
    auto log = open_event_log(fs_, clock_, config);
    ASSERT_TRUE(log) << log.error().message;
    log_ = *std::move(log);
  }
  // One event a day, 17 or so to a segment.
  void append_days(int days, const std::string& import_run = "") {
    for (int i = 0; i < days; ++i) {
      TestEvent event{.id = "e" + std::to_string(next_++), .url = std::string(60'000, 'x')};
      event.import_run = import_run;
      ASSERT_TRUE(append_and_wait(*log_, event));
      clock_.advance(kDayUs);
    }
    store_.position = lake_.position = log_->status().synced_seq;
  }
  void append_control(ControlEntry entry) {
    std::promise<bool> done;
    log_->append_control(std::move(entry),
                         [&](Result<AppendAck> ack) { done.set_value(bool(ack)); });
    ASSERT_TRUE(done.get_future().get());
  }
  Seq run(RetentionOptions options) {
    LogRetention retention(fs_, clock_, *log_, store_, &lake_, std::move(options));
    auto first = retention.run();
    EXPECT_TRUE(first) << first.error().message;
    return first ? *first : 0;
  }
  // The log's event number i was appended on day i.
  TimeUs age_of(Seq seq) { return clock_.wall_us() - kStartUs - static_cast<TimeUs>(seq) * kDayUs; }

  SimFileSystem fs_;
  SimClock clock_{kStartUs};
  std::unique_ptr<EventLog> log_;
  FixedStore store_;
  FixedLake lake_;
  int next_ = 0;
};

TEST_F(LogRetentionTest, KeepsEverythingByDefault) {
  append_days(150);
  EXPECT_EQ(run({}), 1U);
}

TEST_F(LogRetentionTest, DropsWholeSegmentsThatAreOlder) {
  append_days(150);
  const Seq first = run(by_age(91));
  EXPECT_GT(first, 30U);
  EXPECT_GT(age_of(first - 1), 91 * kDayUs) << "nothing younger went";
  EXPECT_EQ(run(by_age(91)), first);
}

TEST_F(LogRetentionTest, SizeDropsTheOldestButNothingYoungerThanTheWindows) {
  append_days(150);
  const std::uint64_t bytes = log_->status().bytes;
  EXPECT_EQ(run(by_size(bytes)), 1U);
  const Seq one = run(by_size(bytes - 1));
  EXPECT_GT(one, 1U);
  EXPECT_LE(one, 20U) << "one segment is enough";
  const Seq all = run(by_size(1));
  EXPECT_GT(all, 30U);
  EXPECT_GT(age_of(all - 1), 91 * kDayUs);
}

TEST_F(LogRetentionTest, WaitsForStoreLakeAndBackup) {
  append_days(150);
  store_.position = 20;
  const Seq by_store = run(by_age(91));
  EXPECT_LE(by_store, 21U);
  store_.position = 150;
  lake_.position = 37;
  EXPECT_LE(run(by_age(91)), 38U);
  lake_.position = 150;
  RetentionOptions options = by_age(91);
  options.backup = "/backup";
  LogRetention retention(fs_, clock_, *log_, store_, &lake_, options);
  EXPECT_FALSE(retention.run()) << "there is none yet";
  BackupManifest manifest;
  manifest.log_uuid = log_->identity().uuid;
  manifest.last_seq = 40;
  ASSERT_TRUE(fs_.make_folders("/backup"));
  ASSERT_TRUE(write_file_atomically(fs_, "/backup/backup.json", backup_manifest_text(manifest)));
  EXPECT_LE(run(options), 41U);
  manifest.last_seq = 150;
  ASSERT_TRUE(write_file_atomically(fs_, "/backup/backup.json", backup_manifest_text(manifest)));
  EXPECT_GT(run(options), 41U);
  manifest.log_uuid = std::string(32, '0');
  ASSERT_TRUE(write_file_atomically(fs_, "/backup/backup.json", backup_manifest_text(manifest)));
  EXPECT_FALSE(retention.run()) << "of another log";
}

TEST_F(LogRetentionTest, AClockThatRunsAheadEmptiesNothing) {
  append_days(60);
  clock_.advance(3'650 * kDayUs);
  EXPECT_EQ(run(by_age(91)), 1U) << "the newest event is 60 days younger than the oldest";
}

// Recounts need an order about a dead letter as long as its event is there. A dropped run's events
// go before its order.
TEST_F(LogRetentionTest, OrdersAboutDeadLettersHoldTheLogBackAndDroppedRunsDoNot) {
  append_days(5, "old");
  append_control(encode_control(DropRunEntry{.tenant = "1", .run = "old", .actor = ""}));
  append_days(150);
  EXPECT_GT(run(by_age(91)), 30U);
  const Seq letter = log_->status().first_seq + 3;
  append_control(encode_control(SkipEntry{.seq = letter, .tries = 3, .reason = "no"}));
  append_days(150);
  EXPECT_LE(run(by_age(91)), letter);
}

// The store knows the bound that was in force; `serve` says it again where the log no longer does.
TEST_F(LogRetentionTest, ABoundOfKeysHoldsNothingBackAndIsSaidAgain) {
  std::vector<std::uint64_t> said;
  const auto order = [&](std::uint64_t keys_max) {
    order_key_bound(*log_, keys_max);
    said.clear();
    const auto visited =
        log_->visit_controls(log_->status().first_seq, [&](const LogControl& control) {
          said.push_back(std::get<BoundEntry>(*decode_control(control)).keys_max);
        });
    ASSERT_TRUE(visited);
  };
  order(kKeysMaxDefault);
  EXPECT_TRUE(said.empty());
  order(70);
  order(70);
  EXPECT_EQ(said, std::vector<std::uint64_t>{70});
  append_days(150);
  EXPECT_GT(run(by_age(91)), 30U);
  order(kKeysMaxDefault);
  EXPECT_EQ(said, std::vector<std::uint64_t>{kKeysMaxDefault});
}

TEST_F(LogRetentionTest, IdsOfImportRunsOutliveTheirSegments) {
  append_days(60, "old");
  append_days(100);
  ASSERT_GT(run(by_age(91)), 18U);
  const auto count_twice = [&] {
    TestEvent event{.id = "e3", .url = std::string(60'000, 'x')};
    event.import_run = "old";
    const auto again = append_and_wait(*log_, event);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->duplicates, 1U);
    event.import_run = "another";
    EXPECT_EQ(append_and_wait(*log_, event)->duplicates, 0U);
  };
  count_twice();
  log_->close();
  log_.reset();
  open();
  TestEvent event{.id = "e5", .url = std::string(60'000, 'x')};
  event.import_run = "old";
  EXPECT_EQ(append_and_wait(*log_, event)->duplicates, 1U);
}

TEST_F(LogRetentionTest, DamagedIdsOfImportRunsRefuseTheOpen) {
  append_days(60, "old");
  append_days(100);
  ASSERT_GT(run(by_age(91)), 18U);
  log_->close();
  log_.reset();
  const auto names = fs_.list("/log");
  ASSERT_TRUE(names);
  std::string kept;
  for (const std::string& name : *names) {
    if (name.ends_with(".imports")) kept = "/log/" + name;
  }
  ASSERT_NE(kept, "");
  auto text = read_file(fs_, kept);
  ASSERT_TRUE(text);
  text->at(text->size() / 2) ^= 1;
  ASSERT_TRUE(write_file_atomically(fs_, kept, *text));
  EventLogConfig config;
  config.embedded.folder = "/log";
  config.embedded.segment_bytes = 1U << 20U;
  const auto refused = open_event_log(fs_, clock_, config);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::corrupt);
  EXPECT_NE(refused.error().message.find(kept), std::string::npos);
}

}  // namespace
}  // namespace adbacus
