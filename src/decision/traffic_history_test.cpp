#include "decision/traffic_history.hpp"

#include <gtest/gtest.h>
#include <map>

#include "base/rng.hpp"
#include "base/testing/sim_clock.hpp"
#include "base/testing/sim_file_system.hpp"
#include "base/testing/test_seed.hpp"
#include "decision/decision_block.hpp"
#include "decision/traffic_recovery.hpp"
#include "eventlog/control_entries.hpp"
#include "eventlog/registry.hpp"

namespace adbacus {
namespace {

constexpr std::int64_t kHour = 493'000;  // in 2026

TEST(TrafficHistory, SumsWhatAMapSums) {
  Rng rng(test_seed());
  for (int round = 0; round < 40; ++round) {
    TrafficHistory parts[2];
    std::map<std::string, std::map<std::int64_t, double>> model;
    const std::uint64_t span = 1 + rng.below(600);
    for (int i = 0; i < 300; ++i) {
      const std::string id = "p" + std::to_string(rng.below(4));
      const std::int64_t hour = kHour + static_cast<std::int64_t>(rng.below(span));
      const std::uint64_t count = rng.below(1'000);
      parts[rng.below(2)].add("1", id, hour, count);
      model[id][hour] += static_cast<double>(count);
    }
    parts[0].add("2", "p0", kHour, 7);  // of somebody else
    parts[0].add(parts[1]);
    parts[0].forget_before(kHour);
    const std::int64_t before = kHour + static_cast<std::int64_t>(span);
    const RequestHours sum = parts[0].sum("1", {"p0", "p2", "none"}, before);
    for (std::size_t i = 0; i < sum.counts.size(); ++i) {
      const std::int64_t hour = sum.first + static_cast<std::int64_t>(i);
      ASSERT_EQ(sum.counts[i], model["p0"][hour] + model["p2"][hour]);
    }
    ASSERT_EQ(sum.first + static_cast<std::int64_t>(sum.counts.size()), before);
  }
}

TEST(TrafficHistory, KeepsFourWeeksAndForgetsWhatHasNone) {
  TrafficHistory history;
  for (std::int64_t hour = 0; hour < 3'000; ++hour) history.add("1", "p", kHour + hour, 1);
  history.add("1", "p", kHour, 1);  // too old
  const RequestHours sum = history.sum("1", {"p"}, kHour + 3'000);
  EXPECT_EQ(sum.counts.size(), 671U);  // of the first hour, one cannot say that it is whole
  EXPECT_EQ(sum.counts[5], 1);
  history.add("1", "q", kHour + 9'000, 1);
  history.forget_before(kHour + 9'000);
  EXPECT_TRUE(history.sum("1", {"p"}, kHour + 9'001).counts.empty());
  history.add("1", "q", kHour + 20'000, 3);  // after a long pause
  history.add("1", "q", kHour + 20'001, 4);
  EXPECT_EQ(history.sum("1", {"q"}, kHour + 20'002).counts, std::vector<double>{4});
}

class RecoveredTraffic : public testing::Test {
 protected:
  RecoveredTraffic() {
    EventLogConfig config;
    config.embedded.folder = "/log";
    config.embedded.segment_bytes = std::uint64_t{1} << 20U;
    config.embedded.free_bytes_min = 0;
    auto opened = open_event_log(files_, clock_, config);
    EXPECT_TRUE(opened);
    if (opened) log_ = *std::move(opened);
  }

  // Some thousand decisions an hour, in blocks, more of them around noon.
  void write_hours(std::int64_t hours, Rng& rng) {
    for (std::int64_t hour = 0; hour < hours; ++hour) {
      for (std::uint64_t blocks = hour % 24 > 6 ? 6 : 2; blocks > 0; --blocks) {
        write_block(60 + rng.below(60), rng);
      }
      clock_.advance((kHour + hour + 1) * kHourUs - clock_.wall_us());
    }
  }
  void write_block(std::uint64_t requests, Rng& rng) {
    DecisionBlock block;
    for (; requests > 0; --requests) {
      clock_.advance(kSecondUs);
      const std::string placement = "p" + std::to_string(rng.below(3));
      LoggedDecision row{.time_us = clock_.wall_us(), .tenant = "1", .placement_id = placement};
      if (rng.below(3) != 0) row.user = {rng.next(), rng.next()};
      if (rng.below(2) == 0) row.flags = LoggedDecision::kSeeded;
      for (std::uint64_t ads = 1 + rng.below(2); row.ad < ads; ++row.ad) block.add(row);
      ++written_[placement][row.time_us / kHourUs];
    }
    const std::string bytes = block.take();
    log_->append_control(encode_control(DecisionsEntry{.block = bytes}),
                         [](const Result<AppendAck>& ack) { EXPECT_TRUE(ack); });
    LogBatch batch;
    ASSERT_TRUE(log_->reader()->read(++blocks_, 1, 10'000, batch));  // waits for it
    ASSERT_FALSE(batch.empty());
  }
  TrafficHistory recover(const TrafficRecoveryOptions& options) {
    auto found = recover_traffic(*log_, log_->status().synced_seq, clock_.wall_us(), options,
                                 [] { return false; });
    EXPECT_TRUE(found);
    return found ? *std::move(found) : TrafficHistory();
  }

  SimFileSystem files_;
  SimClock clock_{kHour * kHourUs};
  std::unique_ptr<EventLog> log_;
  Seq blocks_ = 0;
  std::map<std::string, std::map<std::int64_t, double>> written_;
};

TEST_F(RecoveredTraffic, IsExactWhereAllOfTheLogIsRead) {
  Rng rng(test_seed() + 1);
  write_hours(80, rng);
  for (const std::size_t stretches : {1U, 7U, 2'048U}) {
    const TrafficHistory found =
        recover({.stretches = stretches, .stretch_bytes = std::size_t{64} << 20U});
    for (const std::string placement : {"p0", "p1", "p2"}) {
      const RequestHours sum = found.sum("1", {placement}, kHour + 80);
      ASSERT_EQ(sum.counts.size(), 79U);
      for (std::size_t i = 0; i < sum.counts.size(); ++i) {
        ASSERT_EQ(sum.counts[i], written_[placement][sum.first + static_cast<std::int64_t>(i)]);
      }
    }
  }
}

TEST_F(RecoveredTraffic, OfPartsOfALongLogIsAGoodGuess) {
  Rng rng(test_seed() + 2);
  write_hours(200, rng);
  // A few bytes of each hundredth: one read each.
  const TrafficHistory found = recover({.stretches = 100, .stretch_bytes = 1});
  double all = 0;
  double guessed = 0;
  double night = 0;
  double guessed_night = 0;
  for (const std::string placement : {"p0", "p1", "p2"}) {
    const RequestHours sum = found.sum("1", {placement}, kHour + 200);
    for (std::size_t i = 0; i < sum.counts.size(); ++i) {
      const std::int64_t hour = sum.first + static_cast<std::int64_t>(i);
      const double really = written_[placement][hour];
      all += really;
      guessed += sum.counts[i];
      if ((hour - kHour) % 24 > 6) continue;
      night += really;
      guessed_night += sum.counts[i];
    }
  }
  EXPECT_NEAR(guessed / all, 1, 0.15);
  EXPECT_NEAR(guessed_night / guessed, night / all, 0.08);
}

TEST_F(RecoveredTraffic, OfAnEmptyLogIsNothing) {
  EXPECT_TRUE(recover({}).sum("1", {"p0"}, kHour + 5).counts.empty());
}

}  // namespace
}  // namespace adbacus
