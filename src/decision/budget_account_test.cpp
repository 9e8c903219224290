#include "decision/budget_account.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"

namespace adbacus {
namespace {

using State = BudgetAccount::State;

constexpr std::int64_t kStart = 1'773'208'800;  // seconds
constexpr PacingMode kMode = PacingMode::standard;

// The same for all modes.
constexpr PacingBounds alike(std::int64_t bound) {
  return {bound, bound, bound};
}

// What is reserved, as a list.
class Reservations {
 public:
  void add(std::int64_t amount, std::int64_t second) { all_.push_back({amount, second}); }
  void remove(std::int64_t amount, std::int64_t second) {
    const auto at = std::ranges::find_if(
        all_, [&](const One& one) { return one.amount == amount && one.second == second; });
    ASSERT_NE(at, all_.end());
    all_.erase(at);
  }
  void end(std::int64_t now_s, std::int64_t life_s) {
    std::erase_if(all_, [&](const One& one) { return now_s - one.second >= life_s; });
  }
  std::int64_t sum() const {
    std::int64_t sum = 0;
    for (const One& one : all_) sum += one.amount;
    return sum;
  }

 private:
  struct One {
    std::int64_t amount;
    std::int64_t second;
  };
  std::vector<One> all_;
};

TEST(BudgetAccount, DoesWhatAListOfReservationsDoes) {
  Rng rng(test_seed());
  for (int round = 0; round < 50; ++round) {
    BudgetAccount account;
    Reservations model;
    const auto life_s = static_cast<std::uint32_t>(1 + rng.below(BudgetAccount::kLifeMaxS));
    std::int64_t now_s = round % 2 == 0 ? kStart : 0;  // the machine has just started
    std::int64_t amount = 0;
    std::int64_t bound = 0;
    std::int64_t delivered = 0;
    for (int i = 0; i < 2'000; ++i) {
      if (rng.below(5) == 0) {
        now_s += static_cast<std::int64_t>(rng.below(50) == 0 ? rng.below(130) : rng.below(3));
        amount = static_cast<std::int64_t>(rng.below(2'000));
        bound = static_cast<std::int64_t>(rng.below(2'000));
        delivered = static_cast<std::int64_t>(rng.below(1'000));
        account.settle(amount, alike(bound), delivered, now_s * kSecondUs, life_s);
        model.end(now_s, life_s);
      }
      const auto expected = static_cast<std::int64_t>(rng.below(100));
      const std::int64_t used = delivered + model.sum();
      ASSERT_EQ(account.reserved(), model.sum());
      ASSERT_EQ(account.state(kMode), used >= amount  ? State::exhausted
                                      : used >= bound ? State::paced
                                                      : State::open);
      const bool fits = used < bound && used + expected <= amount;
      ASSERT_EQ(account.reserve(expected, kMode, now_s * kSecondUs), fits);
      if (fits) model.add(expected, now_s);
      if (fits && rng.below(4) == 0) {
        account.release(expected, now_s * kSecondUs);
        model.remove(expected, now_s);
      }
      if (rng.below(20) == 0) {  // whatever is left
        const std::int64_t at_s = now_s - static_cast<std::int64_t>(rng.below(life_s));
        account.restore(expected, at_s * kSecondUs);
        model.add(expected, at_s);
      }
    }
  }
}

// Whoever settles late: nothing ends early, everything ends some day.
TEST(BudgetAccount, PausesOfSettlingEndNoReservationEarlyAndLeaveNoneBehind) {
  Rng rng(test_seed() + 1);
  for (int round = 0; round < 200; ++round) {
    BudgetAccount account;
    constexpr std::uint32_t kLifeS = 60;
    constexpr std::int64_t kPlenty = INT64_MAX / 2;
    account.settle(kPlenty, alike(kPlenty), 0, kStart * kSecondUs, kLifeS);
    Reservations model;
    std::int64_t now_s = kStart;
    for (int pause = 0; pause < 4; ++pause) {
      for (int i = 0; i < 50; ++i) {
        now_s += static_cast<std::int64_t>(rng.below(40));
        ASSERT_TRUE(account.reserve(7, kMode, now_s * kSecondUs + 999'999));
        model.add(7, now_s);
      }
      account.settle(kPlenty, alike(kPlenty), 0, now_s * kSecondUs, kLifeS);
      model.end(now_s, kLifeS);
      ASSERT_GE(account.reserved(), model.sum());
    }
    for (int i = 0; i < 400; ++i) {
      account.settle(kPlenty, alike(kPlenty), 0, ++now_s * kSecondUs, kLifeS);
    }
    ASSERT_EQ(account.reserved(), 0);
  }
}

// Every reservation becomes a delivery of its cost before it ends. One of the threads settles while
// the others reserve; all of them live in the same second.
TEST(BudgetAccount, ThreadsNeverReserveMoreThanIsLeftWhileItIsSettled) {
  Rng seeds(test_seed() + 3);
  constexpr std::int64_t kAmount = 20'000;
  constexpr std::size_t kSeconds = 20;
  for (int round = 0; round < 6; ++round) {
    BudgetAccount account;
    account.settle(kAmount, alike(kAmount), 0, kStart * kSecondUs, 2);
    std::array<std::atomic<std::int64_t>, kSeconds> cost{};  // by second
    std::barrier second_over(3);
    const bool at_once = round % 2 == 0;
    const auto live = [&](bool settles, std::uint64_t seed) {
      Rng rng(seed);
      std::int64_t delivered = 0;
      for (std::size_t second = 0; second < kSeconds; ++second) {
        const TimeUs now_us = (kStart + static_cast<std::int64_t>(second)) * kSecondUs;
        for (int i = 0; i < 300; ++i) {
          if (settles && i == 100) {
            if (second >= 2) delivered += cost[second - 2].load();
            const auto elapsed = static_cast<std::int64_t>(second) + 1;
            account.settle(
                kAmount,
                alike(at_once ? kAmount : kAmount / static_cast<std::int64_t>(kSeconds) * elapsed),
                delivered, now_us, 2);
          }
          const auto expected = static_cast<std::int64_t>(1 + rng.below(60));
          if (!account.reserve(expected, kMode, now_us)) continue;
          if (rng.below(8) == 0) {
            account.release(expected, now_us);
          } else {
            cost[second] += expected;
          }
        }
        second_over.arrive_and_wait();
      }
    };
    std::vector<std::thread> threads;
    for (const bool settles : {true, false, false}) {
      threads.emplace_back(live, settles, seeds.next());
    }
    for (std::thread& thread : threads) thread.join();
    std::int64_t spent = 0;
    for (const auto& second : cost) spent += second.load();
    EXPECT_LE(spent, kAmount);
    EXPECT_GT(spent, kAmount - 60);
  }
}

TEST(BudgetAccount, ThreadsStartNothingBeyondTheBoundOfPacing) {
  Rng seeds(test_seed() + 4);
  for (int round = 0; round < 20; ++round) {
    BudgetAccount account;
    constexpr std::int64_t kCostMax = 50;
    const auto delivered = static_cast<std::int64_t>(seeds.below(1'000));
    const auto bound = static_cast<std::int64_t>(seeds.below(3'000));
    account.settle(2'500, alike(bound), delivered, kStart * kSecondUs, 60);
    std::atomic<std::int64_t> taken{0};
    const auto decide = [&](std::uint64_t seed) {
      Rng rng(seed);
      for (int i = 0; i < 500; ++i) {
        const auto expected = static_cast<std::int64_t>(1 + rng.below(kCostMax));
        if (account.reserve(expected, kMode, kStart * kSecondUs)) taken += expected;
      }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back(decide, seeds.next());
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(account.reserved(), taken.load());
    if (delivered < std::min<std::int64_t>(bound, 2'500)) {
      EXPECT_LE(delivered + taken, 2'500);
      EXPECT_LT(delivered + taken, bound + kCostMax);
      EXPECT_GT(delivered + taken + kCostMax, std::min<std::int64_t>(bound, 2'500));
    } else {
      EXPECT_EQ(taken, 0);
    }
  }
}

}  // namespace
}  // namespace adbacus
