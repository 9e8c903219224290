#include "processor/attribution/path.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <optional>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"
#include "processor/attribution/credits.hpp"
#include "processor/attribution/rule_set.hpp"

namespace adbacus {
namespace {

constexpr TimeUs kNow = 1'700'000'000 * kSecondUs;

AttributionRule rule(AttributionModel model, std::int64_t click_hours = 24,
                     std::int64_t view_hours = 24) {
  AttributionRule result;
  result.model = model;
  result.click_window_hours = click_hours;
  result.view_window_hours = view_hours;
  return result;
}

Candidate candidate(TouchKind kind, TimeUs age_us, Seq seq, const AttributionRule& by,
                    bool is_linked = false) {
  return {{.kind = kind, .time_us = kNow - age_us, .seq = seq, .series = 0, .text = {}},
          &by,
          is_linked};
}

// seq and credit of each touch on the path.
std::vector<std::pair<Seq, std::uint32_t>> credited(const Path& path) {
  std::vector<std::pair<Seq, std::uint32_t>> result;
  for (const CreditedTouch& t : path.touches) result.emplace_back(t.candidate.touch.seq, t.credit);
  return result;
}
using Credited = std::vector<std::pair<Seq, std::uint32_t>>;

const AttributionRule kLastClick = rule(AttributionModel::last_click);

// The default of the compatibility endpoints: the most recent click within 24 hours.
TEST(Path, TheMostRecentClickWithinTheWindowEarnsTheConversion) {
  EXPECT_EQ(credited(path_of(kNow, {candidate(TouchKind::click, 3 * kHourUs, 1, kLastClick),
                                    candidate(TouchKind::click, kHourUs, 2, kLastClick),
                                    candidate(TouchKind::impression, kMinuteUs, 3, kLastClick)})),
            (Credited{{1, 0}, {2, kCreditParts}}));
  EXPECT_EQ(credited(path_of(kNow, {candidate(TouchKind::click, kDayUs, 1, kLastClick)})),
            (Credited{{1, kCreditParts}}));
  EXPECT_EQ(credited(path_of(kNow, {candidate(TouchKind::click, kDayUs + 1, 1, kLastClick)})),
            Credited{});
  EXPECT_EQ(credited(path_of(kNow, {candidate(TouchKind::click, -1, 1, kLastClick)})), Credited{});
  EXPECT_EQ(credited(path_of(kNow, {candidate(TouchKind::click, 0, 1, kLastClick)})),
            (Credited{{1, kCreditParts}}));
}

TEST(Path, OfEqualTimesTheLaterPlaceInTheLogWins) {
  EXPECT_EQ(credited(path_of(kNow, {candidate(TouchKind::click, kHourUs, 9, kLastClick),
                                    candidate(TouchKind::click, kHourUs, 8, kLastClick)})),
            (Credited{{8, 0}, {9, kCreditParts}}));
}

TEST(Path, ViewsEarnOnlyWhereNoClickDoes) {
  EXPECT_EQ(credited(path_of(kNow, {candidate(TouchKind::click, 25 * kHourUs, 1, kLastClick),
                                    candidate(TouchKind::viewable, 2 * kHourUs, 2, kLastClick),
                                    candidate(TouchKind::impression, kHourUs, 3, kLastClick)})),
            (Credited{{2, kCreditParts}}));
  const AttributionRule last_touch = rule(AttributionModel::last_touch);
  EXPECT_EQ(credited(path_of(kNow, {candidate(TouchKind::click, 2 * kHourUs, 1, last_touch),
                                    candidate(TouchKind::impression, kHourUs, 2, last_touch)})),
            (Credited{{1, 0}, {2, kCreditParts}}));
}

TEST(Path, ATouchThatTheConversionNamesBeatsANewerClick) {
  EXPECT_EQ(credited(path_of(kNow, {candidate(TouchKind::click, 3 * kHourUs, 1, kLastClick, true),
                                    candidate(TouchKind::click, kHourUs, 2, kLastClick)})),
            (Credited{{1, kCreditParts}, {2, 0}}));
  EXPECT_EQ(credited(path_of(kNow, {candidate(TouchKind::impression, kHourUs, 1, kLastClick, true),
                                    candidate(TouchKind::click, 2 * kHourUs, 2, kLastClick)})),
            (Credited{{2, 0}, {1, kCreditParts}}));
  // Its click before its impression; beyond its window it is none.
  EXPECT_EQ(credited(path_of(kNow, {candidate(TouchKind::impression, kHourUs, 1, kLastClick, true),
                                    candidate(TouchKind::click, 2 * kHourUs, 2, kLastClick, true),
                                    candidate(TouchKind::click, 1, 3, kLastClick)})),
            (Credited{{2, kCreditParts}, {3, 0}}));
  EXPECT_EQ(credited(path_of(kNow, {candidate(TouchKind::click, 2 * kDayUs, 1, kLastClick, true),
                                    candidate(TouchKind::click, 1, 2, kLastClick)})),
            (Credited{{2, kCreditParts}}));
}

TEST(Path, EveryTouchHasTheWindowOfItsOwnRule) {
  const AttributionRule week = rule(AttributionModel::linear, 168);
  const AttributionRule hour = rule(AttributionModel::linear, 1);
  EXPECT_EQ(credited(path_of(kNow, {candidate(TouchKind::click, 100 * kHourUs, 1, week),
                                    candidate(TouchKind::click, 2 * kHourUs, 2, hour),
                                    candidate(TouchKind::click, kHourUs, 3, hour)})),
            (Credited{{1, 500'000}, {3, 500'000}}));
}

// The definitions, word for word and slowly.
Credited naive(std::vector<Candidate> all) {
  std::vector<Candidate> eligible;
  for (const Candidate& c : all) {
    const auto hours =
        c.touch.kind == TouchKind::click ? c.rule->click_window_hours : c.rule->view_window_hours;
    if (c.touch.time_us <= kNow && kNow <= c.touch.time_us + hours * kHourUs) eligible.push_back(c);
  }
  if (eligible.empty()) return {};
  const auto later = [](const Candidate& a, const Candidate& b) {
    return a.touch.time_us != b.touch.time_us ? a.touch.time_us > b.touch.time_us
                                              : a.touch.seq > b.touch.seq;
  };
  std::sort(eligible.begin(), eligible.end(), later);
  std::vector<Candidate> path;
  if (eligible.front().rule->model == AttributionModel::last_touch) path = eligible;
  for (const TouchKind kind : {TouchKind::click, TouchKind::viewable, TouchKind::impression}) {
    if (!path.empty()) break;
    for (const Candidate& c : eligible)
      if (c.touch.kind == kind) path.push_back(c);
  }
  const AttributionRule& chosen = *path.front().rule;
  const bool is_last =
      chosen.model == AttributionModel::last_click || chosen.model == AttributionModel::last_touch;
  std::optional<Candidate> winner;
  for (const TouchKind kind : {TouchKind::click, TouchKind::viewable, TouchKind::impression}) {
    for (const Candidate& c : eligible)
      if (is_last && !winner && c.is_linked && c.touch.kind == kind) winner = c;
  }
  if (is_last && !winner) winner = path.front();
  if (winner && std::none_of(path.begin(), path.end(),
                             [&](const Candidate& c) { return c.touch.seq == winner->touch.seq; }))
    path.push_back(*winner);
  std::sort(path.rbegin(), path.rend(), later);
  std::vector<TimeUs> ages;
  for (const Candidate& c : path) ages.push_back(kNow - c.touch.time_us);
  std::vector<std::uint32_t> credits =
      credits_of(chosen.model, ages, chosen.half_life_hours * kHourUs);
  Credited result;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool wins = winner && path[i].touch.seq == winner->touch.seq;
    result.emplace_back(path[i].touch.seq, !winner ? credits[i] : wins ? kCreditParts : 0);
  }
  return result;
}

TEST(Path, AgreesWithTheDefinitionsInAnyOrderOfArrival) {
  Rng rng(test_seed());
  std::vector<AttributionRule> rules;
  for (int model = 0; model < 6; ++model) {
    for (const std::int64_t hours : {1, 24, 100})
      rules.push_back(rule(static_cast<AttributionModel>(model), hours, 25 - hours % 24));
  }
  for (int round = 0; round < 5000; ++round) {
    const bool is_mixed = rng.below(2) == 0;
    const std::uint64_t only = rng.below(rules.size());
    std::vector<Candidate> all;
    for (Seq seq = 0, count = rng.below(12); seq < count; ++seq) {
      // Coarse times, so that many are equal or at the end of a window.
      const auto age_us = static_cast<TimeUs>(rng.below(60)) * kHourUs / 2 - kHourUs;
      all.push_back(candidate(static_cast<TouchKind>(rng.below(3)), age_us, seq,
                              rules[is_mixed ? rng.below(rules.size()) : only], rng.below(8) == 0));
    }
    const Credited wanted = naive(all);
    ASSERT_EQ(credited(path_of(kNow, all)), wanted) << "seed " << test_seed();
    for (std::size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[rng.below(i)]);
    ASSERT_EQ(credited(path_of(kNow, all)), wanted) << "seed " << test_seed();
    std::uint64_t sum = 0;
    for (const auto& [seq, credit] : wanted) sum += credit;
    ASSERT_EQ(sum, wanted.empty() ? 0U : kCreditParts);
  }
}

TEST(AttributionRuleSet, TheNarrowestRuleApplies) {
  std::vector<AttributionRule> rules;
  const auto add = [&](std::string campaign, std::string line_item, std::string type,
                       std::int64_t hours) {
    AttributionRule& r = rules.emplace_back(rule(AttributionModel::last_click, hours));
    r.campaign_id = std::move(campaign);
    r.line_item_id = std::move(line_item);
    r.conversion_type = std::move(type);
  };
  add("", "", "", 1);
  add("", "", "purchase", 2);
  add("c1", "", "", 3);
  add("c1", "", "purchase", 4);
  add("", "l1", "", 5);
  add("c1", "l2", "purchase", 6);
  const AttributionRuleSet set(rules);
  const auto hours = [&](std::string_view campaign, std::string_view item, std::string_view type) {
    return set.rule_for(campaign, item, type).click_window_hours;
  };
  EXPECT_EQ(hours("c2", "", ""), 1);
  EXPECT_EQ(hours("c2", "l9", "purchase"), 2);
  EXPECT_EQ(hours("c1", "", "signup"), 3);
  EXPECT_EQ(hours("c1", "l9", "purchase"), 4);
  EXPECT_EQ(hours("c1", "l1", "purchase"), 5);
  EXPECT_EQ(hours("c1", "l2", "purchase"), 6);
  EXPECT_EQ(hours("c1", "l2", "signup"), 3);
  EXPECT_EQ(set.longest_window_us(), kDayUs);
  EXPECT_EQ(AttributionRuleSet().rule_for("c", "l", "t").click_window_hours, 24);
}

}  // namespace
}  // namespace adbacus
