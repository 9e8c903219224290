#include "report/visibility_gate.hpp"

#include <future>
#include <gtest/gtest.h>

#include "report/testing/naive_store.hpp"

namespace adbacus {
namespace {

// A waiter whose outcome can be waited for.
struct Outcome {
  std::shared_ptr<std::promise<bool>> promise = std::make_shared<std::promise<bool>>();
  std::future<bool> future = promise->get_future();
};

VisibilityGate::Waiter waiter(NaiveStore& store, Seq seq, TimeUs wait_us, const Outcome& outcome) {
  VisibilityGate::Waiter out;
  out.seq = seq;
  out.deadline_us = system_clock().mono_us() + wait_us;
  out.is_ready = [&store, seq] { return store.visible() >= seq; };
  out.done = [promise = outcome.promise](bool ready) { promise->set_value(ready); };
  return out;
}

TEST(VisibilityGate, LetsEachThroughWhenItsPositionIsVisible) {
  NaiveStore store;
  VisibilityGate gate(store, system_clock(), 100);
  Outcome late;
  Outcome early;
  ASSERT_TRUE(gate.wait(waiter(store, 20, 60 * kSecondUs, late)));
  ASSERT_TRUE(gate.wait(waiter(store, 10, 60 * kSecondUs, early)));
  store.set_visible(10);
  EXPECT_TRUE(early.future.get());
  EXPECT_EQ(late.future.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  store.set_visible(20);
  EXPECT_TRUE(late.future.get());
}

TEST(VisibilityGate, GivesUpAtTheDeadline) {
  NaiveStore store;
  VisibilityGate gate(store, system_clock(), 100);
  Outcome outcome;
  ASSERT_TRUE(gate.wait(waiter(store, 1, 20 * kMillisecondUs, outcome)));
  EXPECT_FALSE(outcome.future.get());
}

TEST(VisibilityGate, AsksAgainNotBeforeTheTimeGiven) {
  NaiveStore store;
  store.set_visible(5);
  VisibilityGate gate(store, system_clock(), 100);
  Outcome outcome;
  auto later = waiter(store, 5, 60 * kSecondUs, outcome);
  later.not_before_us = system_clock().mono_us() + 30 * kMillisecondUs;
  const TimeUs due = later.not_before_us;
  ASSERT_TRUE(gate.wait(std::move(later)));
  EXPECT_TRUE(outcome.future.get());
  EXPECT_GE(system_clock().mono_us(), due);
}

TEST(VisibilityGate, IsBoundedAndDropsItsWaitersWhenItStops) {
  NaiveStore store;
  VisibilityGate gate(store, system_clock(), 2);
  Outcome a;
  Outcome b;
  Outcome c;
  ASSERT_TRUE(gate.wait(waiter(store, 1, 60 * kSecondUs, a)));
  ASSERT_TRUE(gate.wait(waiter(store, 1, 60 * kSecondUs, b)));
  EXPECT_FALSE(gate.wait(waiter(store, 1, 60 * kSecondUs, c)));
  gate.stop();
  EXPECT_EQ(a.promise.use_count(), 1);
  EXPECT_FALSE(gate.wait(waiter(store, 1, 60 * kSecondUs, c)));
}

}  // namespace
}  // namespace adbacus
