#include "processor/fraud/traffic_judge.hpp"

#include <gtest/gtest.h>
#include <set>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"
#include "processor/fraud/testing/traffic_model.hpp"

namespace adbacus {
namespace {

constexpr TimeUs kStart = 1'790'000'000 * kSecondUs;

// Limits that a few hundred events reach; classes, weights and modes of all kinds.
FraudRuleSet random_rules(Rng& rng) {
  FraudRuleSet set = FraudRuleSet::defaults();
  set.sizes = {1U << 14U, 1U << 14U, 1U << 14U};  // more than the histories below fill
  for (const FraudRuleRow& row : fraud_rule_rows()) {
    FraudRule& rule = set[row.id];
    rule.hit_class = static_cast<FraudClass>(rng.below(5));
    rule.mode = rng.below(4) == 0 ? static_cast<FraudMode>(rng.below(2)) : FraudMode::on;
    rule.weight = static_cast<std::uint8_t>(rng.below(60));
    for (std::size_t i = 0; i < kFraudValues; ++i) {
      const std::string_view name = row.values[i].name;
      if (name == "window_s" || name == "late_s")
        rule.values[i] = static_cast<std::int64_t>(1 + rng.below(400));
      if (name == "within_ms" || name == "from_ms")
        rule.values[i] = static_cast<std::int64_t>(rng.below(60'000));
      if (name == "clicks" || name == "conversions" || name == "installs" || name == "addresses")
        rule.values[i] = static_cast<std::int64_t>(1 + rng.below(4));
      if (name == "clicks_per_agent" || name == "clicks_per_conversion")
        rule.values[i] = static_cast<std::int64_t>(1 + rng.below(3));
    }
  }
  return set;
}

SlotPoint random_slot(Rng& rng) {
  SlotPoint slot;
  if (rng.below(2) == 0) slot.x = static_cast<std::int32_t>(rng.below(20)) - 3;
  if (rng.below(2) == 0) slot.y = static_cast<std::int32_t>(rng.below(20)) - 3;
  if (rng.below(2) == 0) slot.width = static_cast<std::int32_t>(rng.below(14)) - 1;
  if (rng.below(2) == 0) slot.height = static_cast<std::int32_t>(rng.below(14)) - 1;
  return slot;
}

TrafficFacts random_facts(Rng& rng, TimeUs now_us) {
  TrafficFacts facts;
  const std::uint64_t kind = rng.below(10);
  facts.type = kind < 3   ? EventType::impression
               : kind < 4 ? EventType::viewable_impression
               : kind < 7 ? EventType::click
               : kind < 9 ? EventType::conversion
                          : EventType::page_view;
  const std::uint64_t fate = rng.below(20);
  facts.disposition = fate < 16   ? Disposition::counted
                      : fate < 19 ? Disposition::repeat
                                  : Disposition::duplicate_id;
  // A third of them late, by up to ten minutes.
  facts.time_us = now_us;
  if (rng.below(3) == 0) facts.time_us -= static_cast<TimeUs>(rng.below(600'000)) * kMillisecondUs;
  const auto some = [&](std::uint64_t count) { return rng.below(count + 1); };  // or 0: not said
  facts.is_install = rng.below(2) == 0;
  facts.user = some(4);
  facts.ad = some(2);
  facts.campaign = some(2);
  facts.source = some(2);
  facts.click = rng.below(3) == 0 ? some(10) : 0;
  facts.decision = some(6);
  // The top bits of a key tell these apart where they are counted or compared.
  facts.network = some(3) << 58U;
  facts.address = some(5) << 58U;
  facts.agent = some(4) << 59U;
  const auto rarely = [&] { return rng.below(12) == 0; };
  if (rng.below(2) == 0) facts.flags |= event_flag::signed_decision;
  if (rarely()) facts.flags |= event_flag::foreign_decision;
  if (rarely()) facts.flags |= event_flag::declared_bot;
  if (rarely()) facts.lists = static_cast<NetworkLists>(rng.below(16));
  facts.is_listed_agent = rarely();
  facts.is_library_agent = rarely();
  facts.is_browser_door = rng.below(2) == 0;
  facts.is_unseen_request = rarely();
  facts.is_honeypot = rarely();
  facts.is_elsewhere = rarely();
  if (rng.below(2) == 0)
    facts.install_begin_us = facts.time_us - static_cast<TimeUs>(rng.below(200)) * kSecondUs;
  facts.slot = random_slot(rng);
  return facts;
}

std::vector<TrafficFacts> random_history(Rng& rng, std::size_t count) {
  std::vector<TrafficFacts> history;
  TimeUs now_us = kStart;
  for (std::size_t i = 0; i < count; ++i) {
    now_us += static_cast<TimeUs>(rng.below(8'000)) * kMillisecondUs;
    history.push_back(random_facts(rng, now_us));
  }
  return history;
}

std::string shown(const FraudVerdict& verdict) {
  return std::string(traffic_class_name(verdict.traffic_class)) + " " +
         std::to_string(verdict.score) + " " + fraud_reason_names(verdict.reasons) + "; shadow " +
         fraud_reason_names(verdict.shadow);
}

TEST(TrafficJudge, AgreesWithTheModelIn200Histories) {
  Rng rng(test_seed());
  FraudReasons met = 0;
  for (int round = 0; round < 200; ++round) {
    const FraudRuleSet rules = random_rules(rng);
    const TimeUs known_from_us =
        rng.below(2) == 0 ? 0 : kStart + static_cast<TimeUs>(rng.below(900)) * kSecondUs;
    TrafficJudge judge(rules, known_from_us);
    TrafficModel model(rules, known_from_us);
    for (const TrafficFacts& facts : random_history(rng, 300)) {
      judge.prefetch(facts);
      const FraudVerdict is = judge.judge(facts);
      const FraudVerdict wanted = model.judge(facts);
      ASSERT_EQ(is, wanted) << "seed " << test_seed() << " round " << round << "\n"
                            << shown(is) << "\n"
                            << shown(wanted);
      met |= is.reasons;
    }
  }
  EXPECT_EQ(met, (FraudReasons{1} << kFraudRules) - 1) << fraud_reason_names(met);
}

TEST(TrafficJudge, WithoutARuleOnlyItsReasonIsMissing) {
  Rng rng(test_seed());
  for (const FraudRuleRow& row : fraud_rule_rows()) {
    const FraudRuleSet rules = random_rules(rng);
    FraudRuleSet without = rules;
    without[row.id].mode = FraudMode::off;
    TrafficJudge judge(rules, 0);
    TrafficJudge other(without, true);
    for (const TrafficFacts& facts : random_history(rng, 300)) {
      const FraudVerdict all = judge.judge(facts);
      const FraudVerdict rest = other.judge(facts);
      ASSERT_EQ(rest.reasons, all.reasons & ~fraud_reason(row.id)) << row.name;
      ASSERT_EQ(rest.shadow, all.shadow & ~fraud_reason(row.id)) << row.name;
    }
  }
}

TEST(TrafficJudge, ASavedStateGoesOnAsIfNothingHadHappened) {
  Rng rng(test_seed());
  for (int round = 0; round < 40; ++round) {
    FraudRuleSet rules = random_rules(rng);
    rules.sizes = {.window_keys = 16, .click_keys = 32, .impression_keys = 32};  // and forgets
    const auto history = random_history(rng, 600);
    const std::size_t cut = rng.below(history.size());
    TrafficJudge first(rules, 0);
    for (std::size_t i = 0; i < cut; ++i) first.judge(history[i]);
    const std::string saved = first.save(cut);
    TrafficJudge second(rules, kStart);
    const auto position = second.load(saved);
    ASSERT_TRUE(position) << position.error().message;
    ASSERT_EQ(*position, cut);
    ASSERT_EQ(second.save(cut), saved);
    for (std::size_t i = cut; i < history.size(); ++i)
      ASSERT_EQ(second.judge(history[i]), first.judge(history[i])) << "seed " << test_seed();
    ASSERT_EQ(second.save(9), first.save(9));
  }
}

TEST(TrafficJudge, ADamagedOrForeignStateIsRefused) {
  Rng rng(test_seed());
  FraudRuleSet rules = random_rules(rng);
  rules.sizes = {.window_keys = 16, .click_keys = 32, .impression_keys = 32};
  TrafficJudge judge(rules, 0);
  for (const TrafficFacts& facts : random_history(rng, 300)) judge.judge(facts);
  const std::string saved = judge.save(300);
  for (int i = 0; i < 500; ++i) {
    std::string damaged = saved;
    damaged[rng.below(saved.size())] ^= static_cast<char>(1U << rng.below(8));
    if (i % 5 == 0) damaged.resize(rng.below(saved.size()));
    TrafficJudge other(rules, 0);
    ASSERT_FALSE(other.load(damaged)) << i;
  }
  rules.version += 1;
  TrafficJudge other(rules, 0);
  const auto refused = other.load(saved);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
}

TEST(TrafficJudge, TheSameRulesUnderAnotherNameGoOnWhereTheOthersWere) {
  Rng rng(test_seed());
  for (int round = 0; round < 40; ++round) {
    FraudRuleSet rules = random_rules(rng);
    const auto history = random_history(rng, 300);
    const std::size_t cut = rng.below(history.size());
    TrafficJudge whole(rules, 0);
    TrafficJudge before(rules, 0);
    rules.version += 1;
    for (FraudRule& rule : rules.rules) rule.version += 1;
    for (std::size_t i = 0; i < cut; ++i)
      ASSERT_EQ(before.judge(history[i]), whole.judge(history[i]));
    TrafficJudge after(rules, std::move(before));
    for (std::size_t i = cut; i < history.size(); ++i)
      ASSERT_EQ(after.judge(history[i]), whole.judge(history[i])) << "seed " << test_seed();
  }
}

// Of events whose absence or number is said, the new rules say no more than if they had always been
// in force.
TEST(TrafficJudge, NewRulesAccuseNobodyOfWhatTheOldOnesDidNotNote) {
  Rng rng(test_seed());
  constexpr FraudReasons kAsked =
      fraud_reason(FraudRuleId::no_impression) | fraud_reason(FraudRuleId::unseen_click) |
      fraud_reason(FraudRuleId::user_velocity) | fraud_reason(FraudRuleId::install_farm) |
      fraud_reason(FraudRuleId::replayed_token) | fraud_reason(FraudRuleId::many_addresses);
  std::size_t found = 0;
  for (int round = 0; round < 200; ++round) {
    const FraudRuleSet old_rules = random_rules(rng);
    const FraudRuleSet new_rules = random_rules(rng);
    const auto history = random_history(rng, 400);
    TrafficJudge before(old_rules, 0);
    TrafficModel model(new_rules, 0);
    for (std::size_t i = 0; i < 150; ++i) {
      before.judge(history[i]);
      model.judge(history[i]);
    }
    TrafficJudge after(new_rules, std::move(before));
    for (std::size_t i = 150; i < history.size(); ++i) {
      const FraudReasons is = after.judge(history[i]).reasons & kAsked;
      const FraudReasons right = model.judge(history[i]).reasons & kAsked;
      ASSERT_EQ(is & ~right, 0U) << fraud_reason_names(is & ~right) << " seed " << test_seed();
      found += is != 0 ? 1U : 0U;
    }
  }
  EXPECT_GT(found, 100U);
}

// Whatever is forgotten, nothing is said to be missing that was there, and no count is too high.
TEST(TrafficJudge, ASmallMemoryAccusesNobodyWrongly) {
  Rng rng(test_seed());
  constexpr FraudReasons kAsked =
      fraud_reason(FraudRuleId::no_impression) | fraud_reason(FraudRuleId::unseen_click) |
      fraud_reason(FraudRuleId::user_velocity) | fraud_reason(FraudRuleId::install_farm) |
      fraud_reason(FraudRuleId::replayed_token) | fraud_reason(FraudRuleId::many_addresses);
  std::size_t found = 0;
  std::size_t missed = 0;
  for (int round = 0; round < 200; ++round) {
    FraudRuleSet rules = random_rules(rng);
    rules.sizes = {.window_keys = 8, .click_keys = 8, .impression_keys = 8};
    TrafficJudge judge(rules, 0);
    TrafficModel model(rules, 0);
    for (const TrafficFacts& facts : random_history(rng, 300)) {
      const FraudReasons is = judge.judge(facts).reasons & kAsked;
      const FraudReasons right = model.judge(facts).reasons & kAsked;
      ASSERT_EQ(is & ~right, 0U) << fraud_reason_names(is & ~right) << " seed " << test_seed();
      found += is != 0 ? 1U : 0U;
      missed += (right & ~is) != 0 ? 1U : 0U;
    }
  }
  EXPECT_GT(found, 100U);
  EXPECT_GT(missed, 100U);  // or the test says nothing
}

TEST(TrafficJudge, HowManyAreOverALimitDoesNotDependOnTheOrder) {
  Rng rng(test_seed());
  FraudRuleSet rules = FraudRuleSet::defaults();
  rules[FraudRuleId::user_velocity].values = {5, 60};
  std::vector<TrafficFacts> clicks;
  for (int i = 0; i < 400; ++i) {
    TrafficFacts& click = clicks.emplace_back();
    click.type = EventType::click;
    click.user = 1 + rng.below(5);
    click.time_us = kStart + static_cast<TimeUs>(rng.below(900)) * kSecondUs;
  }
  std::set<int> counts;
  for (int order = 0; order < 20; ++order) {
    for (std::size_t i = clicks.size(); i > 1; --i) std::swap(clicks[i - 1], clicks[rng.below(i)]);
    TrafficJudge judge(rules, 0);
    int flagged = 0;
    for (const TrafficFacts& click : clicks) flagged += judge.judge(click).reasons != 0 ? 1 : 0;
    counts.insert(flagged);
  }
  EXPECT_EQ(counts.size(), 1U) << "seed " << test_seed();
}

// The 60th click of a minute is not too many, the 61st is; and so on for each limit.
TEST(TrafficJudge, LimitsAreExact) {
  const FraudRuleSet rules = FraudRuleSet::defaults();
  TrafficJudge judge(rules, 0);
  TrafficFacts click;
  click.type = EventType::click;
  click.user = 7;
  click.time_us = kStart / kMinuteUs * kMinuteUs;
  for (int i = 0; i < 60; ++i) EXPECT_EQ(judge.judge(click).reasons, 0U);
  const FraudVerdict over = judge.judge(click);
  EXPECT_EQ(fraud_reason_names(over.reasons), "user_velocity");
  EXPECT_EQ(over.traffic_class, TrafficClass::valid);
  EXPECT_EQ(fraud_evidence(over, rules, FraudRuleId::user_velocity),
            "user_velocity/1: 61 (clicks 60, window_s 60)");
  click.time_us += kMinuteUs;
  EXPECT_EQ(judge.judge(click).reasons, 0U);

  const auto install = [&](TimeUs behind_us) {
    TrafficFacts facts;
    facts.type = EventType::conversion;
    facts.is_install = true;
    facts.user = 7;
    facts.time_us = click.time_us + behind_us;
    return judge.judge(facts);
  };
  EXPECT_EQ(install(1'999 * kMillisecondUs).traffic_class, TrafficClass::sivt);
  EXPECT_EQ(fraud_reason_names(install(2 * kSecondUs).reasons), "hasty_install");
  EXPECT_EQ(install(2 * kSecondUs).score, 40);
  EXPECT_EQ(install(10 * kSecondUs).reasons, 0U);
}

// Each default limit: the number of events, one more than which are too many.
TEST(TrafficJudge, DefaultLimitsOfCountsAreExact) {
  const auto first_hit = [](FraudRuleId id, auto&& make) {
    TrafficJudge judge(FraudRuleSet::defaults(), 0);
    for (std::uint64_t i = 1;; ++i) {
      TrafficFacts facts;
      facts.type = EventType::click;
      facts.time_us = floor_to(kStart, kDayUs) + static_cast<TimeUs>(i) * kMillisecondUs;
      make(facts, i);
      if ((judge.judge(facts).reasons & fraud_reason(id)) != 0 || i > 20'000) return i;
    }
  };
  using Id = FraudRuleId;
  const auto click_of_network = [](TrafficFacts& f, std::uint64_t) { f.network = f.agent = 1; };
  EXPECT_EQ(first_hit(Id::network_velocity, click_of_network), 31U);
  EXPECT_EQ(first_hit(Id::network_hourly, click_of_network), 101U);
  // Ten agents behind it: nine times five, or twenty, more.
  const auto click_of_office = [](TrafficFacts& f, std::uint64_t i) {
    f.network = 1;
    f.agent = (i % 10) << 59U;
  };
  EXPECT_EQ(first_hit(Id::network_velocity, click_of_office), 30U + 9 * 5 + 1);
  EXPECT_EQ(first_hit(Id::network_hourly, click_of_office), 100U + 9 * 20 + 1);
  EXPECT_EQ(first_hit(Id::low_conversion, [](TrafficFacts& f, std::uint64_t) { f.source = 1; }),
            10'001U);
  EXPECT_EQ(first_hit(Id::install_farm,
                      [](TrafficFacts& f, std::uint64_t) {
                        f.type = EventType::conversion;
                        f.is_install = true;
                        f.network = 1;
                      }),
            11U);
  EXPECT_EQ(first_hit(Id::many_addresses,
                      [](TrafficFacts& f, std::uint64_t i) {
                        f.user = 1;
                        f.address = i << 58U;
                      }),
            6U);
  // A click each, and its conversion more than an hour later: the 50th of these is too many.
  EXPECT_EQ(first_hit(Id::flooding,
                      [](TrafficFacts& f, std::uint64_t i) {
                        f.click = (i + 1) / 2;
                        f.source = 1;
                        if (i % 2 == 1) return;
                        f.type = EventType::conversion;
                        f.time_us += kHourUs + kSecondUs;
                      }),
            100U);
}

TEST(TrafficJudge, DefaultLimitsOfTimesAreExact) {
  const auto reasons_behind = [](TimeUs ms, bool is_shown) {
    TrafficJudge judge(FraudRuleSet::defaults(), 0);
    TrafficFacts facts;
    facts.flags = event_flag::signed_decision;
    facts.decision = facts.user = facts.ad = 1;
    facts.type = is_shown ? EventType::impression : EventType::click;
    facts.time_us = kStart;
    judge.judge(facts);
    facts.type = EventType::click;
    facts.time_us += ms * kMillisecondUs;
    return fraud_reason_names(judge.judge(facts).reasons);
  };
  EXPECT_EQ(reasons_behind(799, true), "early_click");
  EXPECT_EQ(reasons_behind(800, true), "");
  EXPECT_EQ(reasons_behind(86'400'000, true), "");
  EXPECT_EQ(reasons_behind(86'400'001, true), "no_impression");
  EXPECT_EQ(reasons_behind(10'000, false), "double_click, no_impression");
  EXPECT_EQ(reasons_behind(10'001, false), "no_impression");
}

}  // namespace
}  // namespace adbacus
