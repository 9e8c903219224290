// Caps as decisions keep them.
#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <mutex>
#include <thread>

#include "base/testing/test_seed.hpp"
#include "decision/testing/serving_bench.hpp"

namespace adbacus {
namespace {

// Two campaigns of one advertiser with two line items each, and a capped one of nobody.
void fill(PlainCatalog& catalog) {
  catalog.add_placement("p");
  catalog.advertisers["a"] = {.name = "a", .caps = {{.count = 11, .period_hours = 24}}};
  for (const std::string campaign : {"c0", "c1", "c2"}) {
    Campaign& facts = catalog.add_campaign(campaign);
    if (campaign != "c2") facts.advertiser_id = "a";
    if (campaign == "c1") facts.caps = {{.count = 9, .period_hours = 24}};
    for (const std::string letter : {"x", "y"}) {
      const std::string item = campaign + letter;
      LineItem& line = catalog.add_item(item, campaign, "p");
      if (letter == "x") line.caps = {{.count = 4, .period_hours = 1}, {.count = 6}};
      for (const std::string number : {"0", "1"}) {
        Creative& creative = catalog.add_creative(item + number, item);
        if (number == "0") creative.caps = {{.count = 2, .period_hours = 48}};
        Ad& ad = catalog.ads["d" + item + number];
        ad.creative_id = item + number;
        ad.campaign_id = campaign;
        if (letter == "y") ad.caps = {{.count = 3, .period_hours = 24}};
      }
    }
  }
}

struct Shown {
  std::string user;
  const Decision decision;
};

// How often each user saw what is capped, by the kind of cap.
std::map<std::string, std::map<std::string, int>> uses_of(const std::vector<Shown>& all) {
  std::map<std::string, std::map<std::string, int>> uses;
  for (const auto& [user, decision] : all) {
    ++uses["campaign " + decision.item->campaign_id][user];
    ++uses["item " + decision.item->id][user];
    ++uses["advertiser " + decision.item->advertiser_id][user];
    ++uses["creative " + decision.creative->id][user];
    ++uses["ad " + decision.creative->ad_id][user];
  }
  return uses;
}

int limit_of(const std::string& scope) {
  if (scope == "advertiser a") return 11;
  if (scope == "campaign c1") return 9;
  if (scope.starts_with("campaign ")) return 5;
  if (scope.starts_with("item ") && scope.ends_with("x")) return 4;
  if (scope.starts_with("creative ") && scope.ends_with("0")) return 2;
  if (scope.starts_with("ad ") && scope[scope.size() - 2] == 'y') return 3;
  return INT32_MAX;
}

TEST(FrequencyCap, IsNeverExceededByThreadsThatDecideForTheSameUsers) {
  Rng seeds(test_seed());
  ServingBench bench;
  fill(bench.catalog);
  bench.open();
  const TenantState& state = bench.state();
  const Decider decider(bench.caps(), {});
  std::mutex mutex;
  std::vector<Shown> all;
  const auto decide = [&](std::uint64_t seed) {
    Rng rng(seed);
    std::vector<Shown> own;
    for (int i = 0; i < 600; ++i) {
      const std::string user = "u" + std::to_string(rng.below(4));
      const TimeUs now_us = kBenchTime + i * kSecondUs;
      const auto answers = decider.decide(state, one_slot(now_us, user, rng.next()));
      ASSERT_TRUE(answers);
      for (const Decision& decision : answers->at(0).decisions) own.push_back({user, decision});
    }
    const std::lock_guard lock(mutex);
    for (Shown& one : own) all.push_back(one);
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(decide, seeds.next());
  for (std::thread& thread : threads) thread.join();
  const auto uses = uses_of(all);
  for (const auto& [scope, users] : uses) {
    for (const auto& [user, count] : users) EXPECT_LE(count, limit_of(scope)) << scope << user;
  }
  // And none is wasted: everybody saw what the caps allow at most, 5 of c2 and 11 of a's.
  for (const auto& [user, count] : uses.at("campaign c2")) EXPECT_EQ(count, 5) << user;
  for (const auto& [user, count] : uses.at("advertiser a")) EXPECT_EQ(count, 11) << user;
  EXPECT_EQ(uses.at("campaign c2").size(), 4);
}

ServingBench& with_one_item(ServingBench& bench) {
  bench.catalog.add_placement("p");
  bench.catalog.add_campaign("c");
  bench.catalog.add_item("i", "c", "p");
  bench.catalog.add_creative("r", "i");
  bench.open();
  return bench;
}

int count_shown(ServingBench& bench, const Decider& decider, const AdRequest& request, int times) {
  int shown = 0;
  for (int i = 0; i < times; ++i) {
    const auto answers = decider.decide(bench.state(), request);
    EXPECT_TRUE(answers);
    if (answers) shown += static_cast<int>(answers->at(0).decisions.size());
  }
  return shown;
}

TEST(FrequencyCap, OfACampaignWithoutOneIsFiveInRolling24Hours) {
  ServingBench bench;
  with_one_item(bench);
  const Decider decider(bench.caps(), {});
  EXPECT_EQ(count_shown(bench, decider, one_slot(kBenchTime, "u", 1), 8), 5);
  EXPECT_EQ(count_shown(bench, decider, one_slot(kBenchTime, "v", 1), 8), 5);
  EXPECT_EQ(count_shown(bench, decider, one_slot(kBenchTime + kDayUs, "u", 1), 8), 0);
  EXPECT_EQ(count_shown(bench, decider, one_slot(kBenchTime + kDayUs + 2 * kSecondUs, "u", 1), 8),
            5);
}

TEST(FrequencyCap, WithoutAUserTheSessionIsCappedAndNobodyKnownIsNot) {
  ServingBench bench;
  with_one_item(bench);
  const Decider decider(bench.caps(), {});
  AdRequest request = one_slot(kBenchTime, "", 1);
  EXPECT_EQ(count_shown(bench, decider, request, 8), 8);
  const auto answers = decider.decide(bench.state(), request);
  ASSERT_TRUE(answers);
  EXPECT_TRUE(answers->at(0).decisions.at(0).cap_unenforced);
  request.session_id = "s";
  EXPECT_EQ(count_shown(bench, decider, request, 8), 5);
  AdRequest no_consent = one_slot(kBenchTime, "u", 1);
  no_consent.may_identify = false;
  EXPECT_EQ(count_shown(bench, decider, no_consent, 8), 8);
}

TEST(FrequencyCap, WhereIdentityIsRequiredNobodyKnownGetsNothing) {
  ServingBench bench;
  with_one_item(bench);
  const Decider decider(bench.caps(), {.require_identity = true});
  const AdRequest request = one_slot(kBenchTime, "", 1);
  const auto answers = decider.decide(bench.state(), request);
  ASSERT_TRUE(answers);
  EXPECT_TRUE(answers->at(0).decisions.empty());
  EXPECT_EQ(answers->at(0).missing, Elimination::consent);
  EXPECT_EQ(count_shown(bench, decider, one_slot(kBenchTime, "u", 1), 8), 5);
}

TEST(FrequencyCap, WhatWasTakenBackCountsNoMore) {
  Rng rng(test_seed());
  ServingBench bench;
  fill(bench.catalog);
  bench.catalog.campaigns["c2"].daily_budget = 6'000;  // six impressions at 1,000 micros
  for (const char* item : {"c2x", "c2y"}) {
    bench.catalog.items[item].pacing_mode = PacingMode::accelerated;
    bench.catalog.items[item].priority = 1;
  }
  bench.open();
  const TenantState& state = bench.state();
  const Decider decider(bench.caps(), {});
  std::vector<Shown> shown;
  for (int i = 0; i < 2'000; ++i) {
    const std::string user = "u" + std::to_string(rng.below(3));
    const TimeUs now_us = kBenchTime + i * kMillisecondUs;
    const AdRequest request = one_slot(now_us, user, rng.next());
    const auto answers = decider.decide(state, request);
    ASSERT_TRUE(answers);
    for (const Decision& decision : answers->at(0).decisions) {
      if (i < 1'000) {
        decider.take_back(state, decision, request);
      } else {
        shown.push_back({user, decision});
      }
    }
  }
  const auto uses = uses_of(shown);
  for (const auto& [user, count] : uses.at("advertiser a")) EXPECT_EQ(count, 11) << user;
  EXPECT_EQ(uses.at("advertiser a").size(), 3);
  int of_c2 = 0;
  for (const auto& [user, count] : uses.at("campaign c2")) of_c2 += count;
  EXPECT_EQ(of_c2, 6) << "the budget has its place back as well";
}

TEST(FrequencyCap, OfOneTenantDoesNotTouchAnother) {
  ServingBench one;
  with_one_item(one);
  ServingBench other;
  other.catalog.tenant.id = "2";
  with_one_item(other);
  const Decider decider(one.caps(), {});
  const AdRequest request = one_slot(kBenchTime, "u", 1);
  EXPECT_EQ(count_shown(one, decider, request, 8), 5);
  EXPECT_EQ(count_shown(other, decider, request, 8), 5);
}

}  // namespace
}  // namespace adbacus
