// A full disk, at any write: nothing acknowledged is lost, nothing half-written stays, the same ids
// may come again, and the log goes on when space is back (RELIABILITY: T09, T10).
#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/failpoint.hpp"
#include "eventlog/testing/log_model.hpp"

namespace adbacus {
namespace {

using Stop = SimFileSystem::Stop;

TEST(LogFullDisk, TakesTheSameIdsAgainWhenSpaceIsBack) {
  const std::uint64_t first = test_seed();
  for (std::uint64_t seed = first; seed < first + test_rounds(40, 200); ++seed) {
    SCOPED_TRACE(fmt::format("ADBACUS_SEED={}", seed));
    LogModel model(seed);
    model.disk().set_capacity((std::uint64_t{2} << 20U) + model.rng().below(3U << 20U));
    ASSERT_TRUE(model.open());
    std::vector<TestEvent> refused;
    for (int i = 0; i < 1000 && refused.empty(); ++i) {
      std::vector<TestEvent> events;
      for (int e = 0; e < 10; ++e) {
        events.push_back(
            {.id = fmt::format("{}-{}", i, e), .url = std::string(model.rng().below(20'000), 'x')});
      }
      if (model.rng().below(4) == 0) (void)model.log().prepare_space();
      const auto committed = model.commit(events);
      if (committed) continue;
      ASSERT_EQ(committed.error().code, ErrorCode::storage_full);
      refused = events;
    }
    ASSERT_FALSE(refused.empty());
    const std::size_t ids = model.log().id_count();
    model.check();
    ASSERT_EQ(model.log().id_count(), ids);
    const bool restarts = model.rng().below(2) == 0;
    if (restarts) {
      model.stop();
      model.disk().restart(model.rng().below(2) == 0 ? Stop::power : Stop::process, seed);
    }
    model.disk().set_capacity(std::uint64_t{64} << 20U);
    if (restarts) {
      ASSERT_TRUE(model.open());
    }
    ASSERT_TRUE(model.log().probe());
    const Seq before = model.acked_seq();
    // A smaller group first: bytes of the failed one must not stand behind it.
    ASSERT_TRUE(model.commit({{.id = "small"}}));
    ASSERT_TRUE(model.commit(refused));
    EXPECT_EQ(model.acked_seq(), before + 1 + refused.size());
    model.check();
    if (HasFatalFailure()) return;
    model.stop();
    model.disk().restart(Stop::power, seed);
    ASSERT_TRUE(model.open());
    model.check();
    if (HasFatalFailure()) return;
  }
}

// Each place where a file of the log can find no space, one at a time.
TEST(LogFullDisk, SurvivesNoSpaceAtEachFailpoint) {
  struct Plan {
    std::string name;
    bool struck = false;
  };
  for (const char* name :
       {"log.group.before_write", "log.group.after_write_before_sync", "log.roll.before_footer",
        "log.roll.after_footer_before_sync", "log.roll.after_footer_sync", "log.roll.before_header",
        "log.roll.after_header_before_sync", "log.roll.before_rename", "log.spare.before_fill"}) {
    SCOPED_TRACE(name);
    Plan plan{.name = name, .struck = false};
    LogModel model(11);
    ASSERT_TRUE(model.open());
    ASSERT_TRUE(model.commit_some(5, 100));
    failpoint_set_hook(
        [](std::string_view at, void* context) -> Result<void> {
          auto& state = *static_cast<Plan*>(context);
          if (at != state.name || state.struck) return {};
          state.struck = true;
          return Error{ErrorCode::storage_full, "injected"};
        },
        &plan);
    int refused = 0;
    for (int i = 0; i < 60; ++i) {
      if (i % 10 == 0) refused += model.log().prepare_space() ? 0 : 1;
      const auto committed = model.commit_some(10, 20'000);
      if (committed) continue;
      EXPECT_EQ(committed.error().code, ErrorCode::storage_full);
      ++refused;
      EXPECT_TRUE(model.log().probe());
    }
    failpoint_set_hook(nullptr, nullptr);
    EXPECT_TRUE(plan.struck);
    EXPECT_EQ(refused, 1);
    EXPECT_GT(model.segments().size(), 2U);
    model.check();
    ASSERT_FALSE(HasFatalFailure());
    model.stop();
    model.disk().restart(Stop::power, 5);
    ASSERT_TRUE(model.open());
    model.check();
    ASSERT_FALSE(HasFatalFailure());
  }
}

// T08: any other write error is final, for the disk can no longer be trusted.
TEST(LogFullDisk, FailsForGoodOnAWriteErrorAndRecovers) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    LogModel model(seed);
    ASSERT_TRUE(model.open());
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(model.commit_some(10, 2000));
    model.disk().fail_writes(model.segments().back(), 1, ErrorCode::io);
    ASSERT_EQ(model.commit_some(5, 100).error().code, ErrorCode::io);
    ASSERT_EQ(model.commit_some(5, 100).error().code, ErrorCode::io);
    model.stop();
    model.disk().restart(Stop::power, seed);
    ASSERT_TRUE(model.open());
    model.check();
    if (HasFatalFailure()) return;
  }
}

TEST(LogFullDisk, OpensForReadingWhenThereIsNoRoomForANewSegment) {
  LogModel model(5);
  ASSERT_TRUE(model.open());
  while (model.segments().size() < 2) ASSERT_TRUE(model.commit_some(20, 20'000));
  // Sealed and no successor: as a crash in the middle of a roll leaves it.
  ASSERT_TRUE(model.disk().remove(model.segments().back()));
  ASSERT_TRUE(model.disk().sync_folder(model.folder()));
  model.stop();
  model.disk().restart(Stop::process, 0);
  model.disk().set_capacity(std::uint64_t{256} << 10U);
  ASSERT_TRUE(model.open());
  EXPECT_GT(model.log().segments().synced_seq(), 0U);
  EXPECT_EQ(model.commit_some(1, 10).error().code, ErrorCode::storage_full);
  model.disk().set_capacity(std::uint64_t{8} << 20U);
  EXPECT_TRUE(model.log().probe());
  EXPECT_TRUE(model.commit_some(1, 10));
}

}  // namespace
}  // namespace adbacus
