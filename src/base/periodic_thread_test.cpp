#include "base/periodic_thread.hpp"

#include <gtest/gtest.h>

namespace adbacus {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

// Counts works and can be waited for.
class Works {
 public:
  void add() {
    const std::lock_guard lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  bool reach(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), [&] { return count_ >= count; });
  }
  int count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

TEST(PeriodicThread, WorksAgainAndAgainUntilItIsStopped) {
  Works works;
  PeriodicThread thread;
  thread.start("test", milliseconds(1), [&] { works.add(); });
  EXPECT_TRUE(works.reach(3));
  thread.stop();
  const int count = works.count();
  thread.stop();
  EXPECT_EQ(works.count(), count);
}

TEST(PeriodicThread, AStopEndsARestAtOnce) {
  Works works;
  {
    PeriodicThread thread;
    thread.start("test", hours(1), [&] { works.add(); });
  }
  EXPECT_EQ(works.count(), 0) << "it rests first";
  PeriodicThread never_started;
  never_started.stop();
}

TEST(PeriodicThread, OneRestMayBeOfAnotherLength) {
  Works works;
  PeriodicThread thread;
  thread.start("test", milliseconds(1), [&] {
    works.add();
    if (works.count() == 2) thread.rest_once(hours(1));
  });
  EXPECT_TRUE(works.reach(2));
  thread.stop();
  EXPECT_EQ(works.count(), 2);
}

}  // namespace
}  // namespace adbacus
