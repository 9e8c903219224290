#include "base/query_pool.hpp"

#include <atomic>
#include <future>
#include <gtest/gtest.h>
#include <new>

namespace adbacus {
namespace {

TEST(QueryPool, RunsEveryAcceptedJobOnce) {
  std::atomic<int> runs = 0;
  std::promise<void> all;
  {
    QueryPool pool({3, 1000, 2});
    for (int i = 0; i < 500; ++i) {
      ASSERT_TRUE(pool.submit(std::to_string(i % 7), [&] {
        if (++runs == 500) all.set_value();
      }));
    }
    all.get_future().wait();
  }
  EXPECT_EQ(runs, 500);
}

TEST(QueryPool, RefusesWhatWouldWaitBehindAFullQueue) {
  std::promise<void> started;
  std::promise<void> release;
  auto released = release.get_future().share();
  QueryPool pool({1, 2, 1});
  ASSERT_TRUE(pool.submit("a", [&] {
    started.set_value();
    released.wait();
  }));
  started.get_future().wait();
  EXPECT_TRUE(pool.submit("a", [] {}));
  EXPECT_TRUE(pool.submit("b", [] {}));
  EXPECT_FALSE(pool.submit("b", [] {}));
  release.set_value();
}

TEST(QueryPool, ATenantsQueriesDoNotHoldUpAnother) {
  std::promise<void> release;
  auto released = release.get_future().share();
  std::promise<void> other;
  std::atomic<int> at_once = 0;
  std::atomic<int> most = 0;
  QueryPool pool({3, 100, 2});
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(pool.submit("busy", [&, released] {
      const int now = ++at_once;
      for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
      }
      released.wait();
      --at_once;
    }));
  }
  ASSERT_TRUE(pool.submit("quiet", [&] { other.set_value(); }));
  EXPECT_EQ(other.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
  EXPECT_LE(most, 2);
  release.set_value();
}

TEST(QueryPool, GoesOnAfterAJobThatFoundNoMemory) {
  std::promise<void> dropped;
  std::promise<void> next;
  std::shared_ptr<void> held(nullptr, [&](void*) { dropped.set_value(); });
  QueryPool pool({1, 10, 1});
  ASSERT_TRUE(pool.submit("a", [held = std::move(held)] { throw std::bad_alloc(); }));
  ASSERT_TRUE(pool.submit("a", [&] { next.set_value(); }));
  dropped.get_future().wait();
  next.get_future().wait();
}

TEST(QueryPool, DropsWhatWaitsWhenItStops) {
  std::promise<void> started;
  std::promise<void> release;
  auto released = release.get_future().share();
  std::promise<void> dropped;
  std::shared_ptr<void> held(nullptr, [&](void*) { dropped.set_value(); });
  bool ran = false;
  QueryPool pool({1, 10, 1});
  ASSERT_TRUE(pool.submit("a", [&] {
    started.set_value();
    released.wait();
  }));
  started.get_future().wait();
  ASSERT_TRUE(pool.submit("a", [&ran, held = std::move(held)] { ran = true; }));
  auto stopping = std::async(std::launch::async, [&] { pool.stop(); });
  dropped.get_future().wait();  // while the first one still runs
  release.set_value();
  stopping.get();
  EXPECT_FALSE(ran);
  EXPECT_FALSE(pool.submit("a", [] {}));
}

}  // namespace
}  // namespace adbacus
