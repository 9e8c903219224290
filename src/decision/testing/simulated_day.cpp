#include "decision/testing/simulated_day.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace adbacus {

std::int64_t SimulatedDay::spent(const std::string& item) const {
  const auto found = by_item_.find(item);
  return found == by_item_.end() ? 0 : found->second;
}

std::int64_t SimulatedDay::cost(TimeUs from_us, TimeUs to_us) const {
  std::int64_t sum = 0;
  for (auto at = by_minute_.lower_bound(from_us); at != by_minute_.lower_bound(to_us); ++at) {
    sum += at->second;
  }
  return sum;
}

void SimulatedDay::deliver(TimeUs up_to_us) {
  while (!coming_.empty() && coming_.begin()->first <= up_to_us) {
    const Impression& one = coming_.begin()->second;
    Delivered delivered{.time_us = one.time_us, .campaign = one.campaign, .line_item = one.item};
    delivered.counters[Counter64::impressions] = 1;
    delivered.counters[Counter64::cost_micros] = one.price;
    bench_.ledger.add(delivered);
    by_minute_[floor_to(one.time_us, kMinuteUs)] += one.price;
    coming_.erase(coming_.begin());
  }
}

void SimulatedDay::pass_time(TimeUs to_us, const Traffic& traffic) {
  while (bench_.clock.wall_us() + traffic.settle_every_us <= to_us) {
    bench_.clock.advance(traffic.settle_every_us);
    deliver(bench_.clock.wall_us());
    bench_.keeper().settle();
  }
}

void SimulatedDay::run(const Traffic& traffic, const Look& look) {
  const Decider decider(bench_.caps(), {});
  const auto length = static_cast<double>(traffic.end_us - traffic.begin_us);
  double elapsed = 0;
  for (int i = 0; i < traffic.requests; ++i) {
    const double share = (i + rng_.unit()) / traffic.requests;
    while (traffic.curve.share(elapsed) < share && elapsed < 1) elapsed += 1.0 / 86'400;
    const TimeUs now_us =
        std::min(traffic.begin_us + static_cast<TimeUs>(elapsed * length), traffic.end_us - 1);
    pass_time(now_us, traffic);
    AdRequest request = one_slot(now_us, "", rng_.next());
    request.mono_us = bench_.clock.mono_us() + now_us - bench_.clock.wall_us();
    const auto answers = decider.decide(bench_.state(), request);
    ASSERT_TRUE(answers);
    for (const Decision& decision : answers->at(0).decisions) {
      const std::int64_t price = decision.item->price_micros;
      EXPECT_EQ(decision.expected_cost, price);
      spent_ += price;
      by_item_[decision.item->id] += price;
      const TimeUs at_us =
          now_us +
          static_cast<TimeUs>(rng_.below(static_cast<std::uint64_t>(traffic.delay_max_us)));
      coming_.emplace(at_us,
                      Impression{at_us, decision.item->campaign_id, decision.item->id, price});
    }
    look(now_us, spent_);
    if (::testing::Test::HasFailure()) return;  // once is enough
  }
  deliver(INT64_MAX);
}

}  // namespace adbacus
