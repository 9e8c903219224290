#include "counters/testing/contract.hpp"

#include <algorithm>
#include <atomic>
#include <gtest/gtest.h>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "base/rng.hpp"

namespace adbacus {
namespace {

constexpr TimeUs kBeginUs = 1'700'000'000 * kSecondUs;
constexpr int kThreads = 4;

// All uses, for ever, as (user, scope) -> seconds.
class CapsModel {
 public:
  bool fits(std::uint64_t user, std::span<const FrequencyLimit> limits, std::int64_t now_s) const {
    return std::all_of(limits.begin(), limits.end(), [&](const FrequencyLimit& limit) {
      const auto uses = uses_.find({user, limit.scope});
      if (uses == uses_.end()) return true;
      const auto counting = std::count_if(
          uses->second.begin(), uses->second.end(),
          [&](std::int64_t used_s) { return now_s - used_s <= std::int64_t{limit.period_s}; });
      return counting < std::int64_t{limit.count_max};
    });
  }
  void add(std::uint64_t user, std::span<const FrequencyLimit> limits, std::int64_t now_s) {
    std::map<std::uint64_t, bool> once;
    for (const FrequencyLimit& limit : limits) once[limit.scope] = true;
    for (const auto& [scope, is_there] : once) uses_[{user, scope}].push_back(now_s);
  }
  void remove(std::uint64_t user, std::span<const FrequencyLimit> limits, std::int64_t used_s) {
    std::map<std::uint64_t, bool> once;
    for (const FrequencyLimit& limit : limits) once[limit.scope] = true;
    for (const auto& [scope, is_there] : once) {
      auto& uses = uses_[{user, scope}];
      uses.erase(std::find(uses.begin(), uses.end(), used_s));
    }
  }
  void forget(std::uint64_t user, std::uint64_t scope) { uses_.erase({user, scope}); }

 private:
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::vector<std::int64_t>> uses_;
};

Hash128 key_of(std::uint64_t number) {
  return hash128({reinterpret_cast<const char*>(&number), sizeof(number)}, 7);
}

// What a line item, its campaign and its advertiser allow; the limits of a scope never differ.
std::vector<std::vector<FrequencyLimit>> random_candidates(Rng& rng) {
  std::vector<std::vector<FrequencyLimit>> candidates;
  for (std::uint64_t item = 0; item < 6; ++item) {
    std::vector<FrequencyLimit> limits;
    limits.push_back({100 + item, static_cast<std::uint32_t>(1 + item % 3), 60});
    limits.push_back({100 + item, static_cast<std::uint32_t>(3 + item), 1'000});
    limits.push_back({200 + item / 2, 9, 5'000});
    if (item > 3) limits.push_back({300, 20, 100'000});
    candidates.push_back(std::move(limits));
  }
  for (std::size_t i = candidates.size(); i > 1; --i) {
    std::swap(candidates[i - 1], candidates[rng.below(i)]);
  }
  return candidates;
}

std::vector<std::span<const FrequencyLimit>> spans_of(
    const std::vector<std::vector<FrequencyLimit>>& candidates) {
  return {candidates.begin(), candidates.end()};
}

void run_on_threads(const std::function<void(int)>& work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

void check_caps_against_model(const OpenCounters& open, std::uint64_t seed) {
  Rng rng(seed);
  const CounterStores stores = open();
  FrequencyCaps& caps = *stores.caps;
  CapsModel model;
  std::int64_t now_s = kBeginUs / kSecondUs;
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t user = rng.below(8);
    now_s += static_cast<std::int64_t>(rng.below(20) == 0 ? rng.below(2'000) : rng.below(8));
    const auto candidates = random_candidates(rng);
    const auto limits = spans_of(candidates);
    const auto allowed = caps.allows(key_of(user), limits.front(), now_s * kSecondUs);
    ASSERT_TRUE(allowed) << allowed.error().message;
    ASSERT_EQ(*allowed, model.fits(user, limits.front(), now_s)) << "use " << i;
    const auto taken = caps.take_first(key_of(user), limits, now_s * kSecondUs);
    ASSERT_TRUE(taken) << taken.error().message;
    std::optional<std::size_t> expected;
    for (std::size_t at = 0; at < limits.size() && !expected; ++at) {
      if (model.fits(user, limits[at], now_s)) expected = at;
    }
    ASSERT_EQ(*taken, expected) << "use " << i;
    if (!expected) continue;
    if (rng.below(10) == 0) {
      ASSERT_TRUE(caps.take_back(key_of(user), limits[*expected], now_s * kSecondUs));
      continue;
    }
    model.add(user, limits[*expected], now_s);
    if (rng.below(500) == 0) {
      const std::uint64_t scopes[] = {limits[*expected][0].scope, 300};
      ASSERT_TRUE(caps.forget(key_of(user), scopes));
      for (const std::uint64_t scope : scopes) model.forget(user, scope);
    }
    if (rng.below(20) == 0) {  // as a recovery finds it, in any order
      const auto used_s = now_s - static_cast<std::int64_t>(rng.below(3'000));
      const FrequencyLimit one[] = {{200, 9, 5'000}};
      ASSERT_TRUE(caps.restore(key_of(user), 200, 5'000, used_s * kSecondUs, now_s * kSecondUs));
      model.add(user, one, used_s);
    }
  }
}

// However the threads meet, a cap is reached and not passed.
void check_caps_from_many_threads(const OpenCounters& open) {
  const CounterStores stores = open();
  constexpr std::uint64_t kUsers = 50;
  const FrequencyLimit campaign[] = {{1, 5, 86'400}, {2, 7, 86'400}};
  const FrequencyLimit other[] = {{3, 4, 86'400}, {2, 7, 86'400}};
  const std::span<const FrequencyLimit> candidates[] = {campaign, other};
  std::array<std::array<std::atomic<int>, 2>, kUsers> taken{};
  run_on_threads([&](int thread) {
    for (std::uint64_t i = 0; i < 40 * kUsers; ++i) {
      const std::uint64_t user = (i * 7 + static_cast<std::uint64_t>(thread)) % kUsers;
      const auto one = stores.caps->take_first(key_of(user), candidates,
                                               kBeginUs + static_cast<TimeUs>(i) * kMillisecondUs);
      ASSERT_TRUE(one);
      if (*one) ++taken[user][**one];
    }
  });
  for (const auto& of_user : taken) {
    EXPECT_EQ(of_user[0], 5);
    EXPECT_EQ(of_user[1], 2);  // the shared scope allows seven in all
  }
}

void check_rates_against_model(const OpenCounters& open, std::uint64_t seed) {
  Rng rng(seed);
  const CounterStores stores = open();
  // A bucket as it is imagined: so much water, refilled evenly.
  struct Model {
    double left;
    TimeUs at_us;
  };
  std::map<std::uint64_t, Model> models;
  TimeUs now_us = 1'000 * kSecondUs;
  for (int i = 0; i < 20'000; ++i) {
    now_us += static_cast<TimeUs>(rng.below(300)) * kMillisecondUs;
    std::vector<RateBucket> buckets;
    for (std::uint64_t kind = 0; kind < 1 + rng.below(3); ++kind) {
      const std::uint64_t number = kind * 10 + rng.below(3);
      const auto quota = static_cast<std::uint32_t>(10 + 7 * (number % 5));
      buckets.push_back({key_of(number), quota, 10});
      auto [model, is_new] = models.try_emplace(number, Model{double(quota), now_us});
      const double filled = static_cast<double>(now_us - model->second.at_us) / 1e7 * quota;
      model->second = {std::min<double>(quota, model->second.left + filled), now_us};
    }
    const auto cost = static_cast<std::uint32_t>(1 + rng.below(3));
    const auto left_of = [&](const RateBucket& bucket) {
      for (auto& [number, model] : models) {
        if (key_of(number) == bucket.key) return &model.left;
      }
      return static_cast<double*>(nullptr);
    };
    double least = 1e9;
    for (const RateBucket& bucket : buckets) least = std::min(least, *left_of(bucket) - cost);
    const auto answer = stores.rates->take(buckets, cost, now_us);
    ASSERT_TRUE(answer);
    if (std::abs(least) > 1e-6) {
      ASSERT_EQ(answer->is_allowed, least > 0) << "call " << i << " left " << least;
    }
    if (answer->is_allowed) {
      for (const RateBucket& bucket : buckets) *left_of(bucket) -= cost;
      EXPECT_EQ(answer->retry_after_us, 0);
      EXPECT_NEAR(answer->left, std::max(least, 0.0), 1.001);
      continue;
    }
    EXPECT_GT(answer->retry_after_us, 0);
    const auto later = stores.rates->take(std::span(buckets).subspan(answer->tightest, 1), cost,
                                          now_us + answer->retry_after_us);
    ASSERT_TRUE(later);
    EXPECT_TRUE(later->is_allowed) << "after as long as it said";
    now_us += answer->retry_after_us;
    double* left = left_of(buckets[answer->tightest]);
    for (auto& [number, model] : models) {
      if (&model.left != left) continue;
      const auto quota = static_cast<double>(buckets[answer->tightest].quota);
      model.left += static_cast<double>(now_us - model.at_us) / 1e7 * quota - cost;
      model.at_us = now_us;
    }
  }
}

void check_rates_from_many_threads(const OpenCounters& open) {
  const CounterStores stores = open();
  const RateBucket bucket[] = {{key_of(1), 500, 3'600}};
  std::atomic<int> allowed{0};
  run_on_threads([&](int) {
    for (int i = 0; i < 400; ++i) {
      const auto answer = stores.rates->take(bucket, 1, 1'000 * kSecondUs);
      ASSERT_TRUE(answer);
      if (answer->is_allowed) ++allowed;
    }
  });
  EXPECT_EQ(allowed, 500);
}

void check_claims(const OpenCounters& open, std::uint64_t seed) {
  Rng rng(seed);
  const CounterStores stores = open();
  std::map<std::uint64_t, TimeUs> until;
  TimeUs now_us = kBeginUs;
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t key = rng.below(200);
    now_us += static_cast<TimeUs>(rng.below(kMillisecondUs));
    if (rng.below(20) == 0) {
      ASSERT_TRUE(stores.claims->release(key_of(key)));
      until.erase(key);
    }
    const auto keep_us = static_cast<TimeUs>(1 + rng.below(100 * kMillisecondUs));
    const auto claimed = stores.claims->claim(key_of(key), now_us, keep_us);
    ASSERT_TRUE(claimed);
    const bool expected = !until.contains(key) || until[key] <= now_us;
    ASSERT_EQ(*claimed, expected) << "claim " << i;
    if (expected) until[key] = now_us + keep_us;
  }
  std::atomic<int> first{0};
  run_on_threads([&](int) {
    for (std::uint64_t key = 1'000; key < 2'000; ++key) {
      const auto claimed = stores.claims->claim(key_of(key), now_us, kHourUs);
      ASSERT_TRUE(claimed);
      if (*claimed) ++first;
    }
  });
  EXPECT_EQ(first, 1'000);
}

}  // namespace adbacus
