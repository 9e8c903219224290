// The machine stops anywhere: at the Nth change of the disk, or at any failpoint. What was
// acknowledged is there afterwards, nothing counts twice (RELIABILITY: I1, I2, I3, I6).
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <limits>
#include <set>

#include "base/failpoint.hpp"
#include "eventlog/testing/log_model.hpp"

namespace adbacus {
namespace {

using Stop = SimFileSystem::Stop;

constexpr std::size_t kEventsMax = 20;
constexpr std::size_t kUrlBytesMax = 8000;
constexpr TimeUs kEndOfTimeUs = std::numeric_limits<TimeUs>::max();

// Uses the log until it fails (the machine died or a fault struck) or `steps` are done.
void live(LogModel& model, int steps) {
  if (!model.open()) return model.stop();
  if (!model.disk().dead()) model.check();
  if (testing::Test::HasFatalFailure()) return;
  for (int i = 0; i < steps; ++i) {
    const std::uint64_t what = model.rng().below(12);
    Result<void> done;
    if (what == 0) {
      done = model.log().prepare_space();
    } else if (what == 1 && model.rng().below(8) == 0) {
      done = model.close();
      if (done) done = model.open();
    } else if (what == 2 && model.rng().below(8) == 0) {
      const auto dropped = model.log().drop_before(model.acked_seq() / 2, kEndOfTimeUs);
      if (!dropped) done = dropped.error();
    } else if (what == 3) {
      done = model.commit_control();
    } else {
      done = model.commit_some(kEventsMax, kUrlBytesMax);
    }
    if (!done) return model.stop();
  }
  if (model.rng().below(2) == 0) (void)model.close();
  model.stop();
}

TEST(LogCrash, KeepsAcknowledgedEventsWhereverTheMachineStops) {
  const std::uint64_t first = test_seed();
  for (std::uint64_t seed = first; seed < first + test_rounds(150, 500); ++seed) {
    SCOPED_TRACE(fmt::format("ADBACUS_SEED={}", seed));
    LogModel model(seed);
    for (int life = 0; life < 6; ++life) {
      model.disk().die_after(model.rng().below(120));
      live(model, 40);
      if (HasFatalFailure()) return;
      const Stop stop = model.rng().below(3) == 0 ? Stop::process : Stop::power;
      model.disk().restart(stop, model.rng().next());
    }
    const auto opened = model.open();
    ASSERT_TRUE(opened) << opened.error().message;
    model.check();
    if (HasFatalFailure()) return;
    ASSERT_TRUE(model.commit_some(kEventsMax, kUrlBytesMax)) << "the log goes on";
    model.check();
    if (HasFatalFailure()) return;
  }
}

struct FailpointPlan {
  LogModel* model;
  std::string name;  // where to stop; empty: nowhere
  std::uint64_t hits_left = 0;
  std::set<std::string> seen;
};

Result<void> stop_at_failpoint(std::string_view name, void* context) {
  auto& plan = *static_cast<FailpointPlan*>(context);
  plan.seen.emplace(name);
  if (plan.name != name || plan.hits_left-- > 0) return {};
  plan.name.clear();
  plan.model->disk().die_after(0);
  return Error{ErrorCode::io, "stopped at " + std::string(name)};
}

class LogFailpoint : public testing::Test {
 protected:
  void TearDown() override { failpoint_set_hook(nullptr, nullptr); }
};

TEST_F(LogFailpoint, StopsAtEachOneWithoutLoss) {
  const std::uint64_t seed = test_seed();
  // A first run without stops, but with crashes, finds the names.
  FailpointPlan scout{.model = nullptr, .name = {}, .hits_left = 0, .seen = {}};
  failpoint_set_hook(stop_at_failpoint, &scout);
  for (std::uint64_t i = 0; i < 10; ++i) {
    LogModel model(seed + i);
    for (int life = 0; life < 4; ++life) {
      model.disk().die_after(30 + model.rng().below(100));
      live(model, 40);
      model.disk().restart(Stop::power, model.rng().next());
    }
  }
  EXPECT_GE(scout.seen.size(), 10U);
  for (const std::string& name : scout.seen) {
    for (std::uint64_t round = 0; round < test_rounds(6, 30); ++round) {
      SCOPED_TRACE(fmt::format("{} round {} ADBACUS_SEED={}", name, round, seed));
      LogModel model(seed + round);
      FailpointPlan plan{.model = &model, .name = {}, .hits_left = 0, .seen = {}};
      failpoint_set_hook(stop_at_failpoint, &plan);
      for (int life = 0; life < 3; ++life) {
        plan.name = name;
        plan.hits_left = model.rng().below(4);
        live(model, 40);
        if (HasFatalFailure()) return;
        const Stop stop = model.rng().below(2) == 0 ? Stop::process : Stop::power;
        model.disk().restart(stop, model.rng().next());
      }
      plan.name.clear();
      const auto opened = model.open();
      ASSERT_TRUE(opened) << opened.error().message;
      model.check();
      if (HasFatalFailure()) return;
    }
  }
}

// A kill leaves the new segment's name in memory only; the next process must not trust it.
TEST_F(LogFailpoint, KeepsASegmentThatWasRenamedButNotSyncedBeforeAKill) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    LogModel model(seed);
    FailpointPlan plan{
        .model = &model, .name = "log.roll.after_rename_before_sync", .hits_left = 1, .seen = {}};
    failpoint_set_hook(stop_at_failpoint, &plan);
    ASSERT_TRUE(model.open());
    bool alive = true;
    for (int i = 0; i < 100 && alive; ++i) {
      alive = static_cast<bool>(model.commit_some(kEventsMax, 20'000));
    }
    ASSERT_FALSE(alive);
    model.stop();
    model.disk().restart(Stop::process, seed);
    ASSERT_TRUE(model.open());
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(model.commit_some(kEventsMax, 1000));
    model.stop();
    model.disk().restart(Stop::power, seed);
    ASSERT_TRUE(model.open());
    model.check();
    if (HasFatalFailure()) return;
  }
}

// The page cache shows a group whose sync failed; the restarted log serves it, so it must be on the
// disk when the power goes.
TEST(LogCrash, WritesAgainWhatAFailedSyncLeftInThePageCacheOnly) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    LogModel model(seed);
    ASSERT_TRUE(model.open());
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(model.commit_some(5, 2000));
    model.disk().fail_syncs(model.segments().back(), 1);
    ASSERT_EQ(model.commit_some(5, 2000).error().code, ErrorCode::io);
    EXPECT_EQ(model.commit_some(5, 2000).error().code, ErrorCode::io) << "never tried again";
    model.stop();
    model.disk().restart(Stop::process, seed);
    ASSERT_TRUE(model.open());
    const Seq seen = model.log().segments().synced_seq();
    model.stop();
    model.disk().restart(Stop::power, seed);
    ASSERT_TRUE(model.open());
    EXPECT_EQ(model.log().segments().synced_seq(), seen);
    model.check();
    if (HasFatalFailure()) return;
  }
}

// T06: a disk that says it synced and did not loses acknowledged events; the note of a clean stop
// or the store's own position tells.
TEST(LogCrash, NoticesThatALyingDiskLostWhatTheStoreHasSeen) {
  int noticed = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    LogModel model(seed);
    ASSERT_TRUE(model.open());
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(model.commit_some(5, 2000));
    model.disk().lie_about_syncs(true);
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(model.commit_some(5, 2000));
    model.stop();
    model.disk().restart(Stop::power, seed);
    model.disk().lie_about_syncs(false);
    model.options().known_durable_seq = model.acked_seq();
    const auto opened = model.open();
    if (opened) {
      model.check();  // the pages happened to survive
    } else {
      EXPECT_EQ(opened.error().code, ErrorCode::corrupt);
      ++noticed;
    }
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(noticed, 25);
}

}  // namespace
}  // namespace adbacus
