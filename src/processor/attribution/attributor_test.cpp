#include "processor/attribution/attributor.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"
#include "processor/attribution/credits.hpp"

namespace adbacus {
namespace {

constexpr TimeUs kStart = 1'700'000'000 * kSecondUs;

// Everything in vectors; after each entry every conversion is judged anew.
class Model {
 public:
  Model(const std::vector<AttributionRule>& rules) : rules_(rules) {}

  struct Change {
    Seq conversion;
    Seq version;
    std::vector<std::pair<Seq, std::uint32_t>> credits;
    friend bool operator==(const Change&, const Change&) = default;
  };

  std::vector<Change> take(const AttributionEntry& entry) {
    entries_.push_back(entry);
    std::vector<Change> changes;
    for (const AttributionEntry& conversion : entries_) {
      if (conversion.touch.kind != TouchKind::conversion) continue;
      auto credits = judge(conversion);
      auto [known, is_new] = known_.try_emplace(conversion.touch.seq);
      if (!is_new && known->second.credits == credits) continue;
      known->second = {conversion.touch.seq, entry.touch.seq, std::move(credits)};
      changes.push_back(known->second);
    }
    return changes;
  }

 private:
  std::vector<std::pair<Seq, std::uint32_t>> judge(const AttributionEntry& conversion) const {
    std::vector<Candidate> candidates;
    for (const AttributionEntry& e : entries_) {
      if (e.touch.kind == TouchKind::conversion) continue;
      const auto shares = [&](auto member) {
        return e.keys.*member && conversion.keys.*member == e.keys.*member;
      };
      const bool is_linked = shares(&AttributionKeys::click) || shares(&AttributionKeys::decision);
      const bool is_users = shares(&AttributionKeys::user);
      if (is_linked || is_users)
        candidates.push_back({e.touch, &rules_[e.touch.series % rules_.size()], is_linked});
    }
    std::vector<std::pair<Seq, std::uint32_t>> result;
    for (const CreditedTouch& t : path_of(conversion.touch.time_us, candidates).touches) {
      if (t.credit != 0) result.emplace_back(t.candidate.touch.seq, t.credit);
    }
    return result;
  }

  const std::vector<AttributionRule>& rules_;
  std::vector<AttributionEntry> entries_;
  std::map<Seq, Change> known_;
};

std::vector<AttributionRule> some_rules() {
  std::vector<AttributionRule> rules;
  for (int model = 0; model < 6; ++model) {
    AttributionRule& rule = rules.emplace_back();
    rule.model = static_cast<AttributionModel>(model);
    rule.click_window_hours = 12 + 12 * (model % 3);
    rule.view_window_hours = 24 - 10 * (model % 2);
  }
  return rules;
}

AttributionEntry random_entry(Rng& rng, Seq seq, TimeUs now_us) {
  AttributionEntry entry;
  entry.touch.seq = seq;
  const std::uint64_t kind = rng.below(10);
  entry.touch.kind = kind < 4   ? TouchKind::impression
                     : kind < 5 ? TouchKind::viewable
                     : kind < 8 ? TouchKind::click
                                : TouchKind::conversion;
  // Half of them late, by up to two days.
  const TimeUs late_us = rng.below(2) == 0 ? 0 : static_cast<TimeUs>(rng.below(48)) * kHourUs;
  entry.touch.time_us = now_us - late_us;
  entry.touch.series = static_cast<SeriesId>(rng.below(6));
  entry.touch.text = entry.touch.kind == TouchKind::conversion ? "details" : "";
  entry.log_time_us = now_us;
  if (rng.below(8) != 0) entry.keys.user = UserKey{rng.below(5), 7};
  const bool is_linkable =
      entry.touch.kind == TouchKind::click || entry.touch.kind == TouchKind::conversion;
  if (is_linkable && rng.below(3) == 0) entry.keys.click = UserKey{rng.below(8), 8};
  if (rng.below(4) == 0) entry.keys.decision = UserKey{rng.below(12), 9};
  return entry;
}

TEST(Attributor, AgreesWithTheModelUnderDisorder) {
  const std::vector<AttributionRule> rules = some_rules();
  Rng rng(test_seed());
  for (int history = 0; history < 40; ++history) {
    Attributor attributor([&](SeriesId series, const Touch&) -> const AttributionRule& {
      return rules[series % rules.size()];
    });
    attributor.set_bounds(36 * kHourUs, true);
    Model model(rules);
    TimeUs now_us = kStart;
    for (Seq seq = 1; seq <= 150; ++seq) {
      now_us += static_cast<TimeUs>(rng.below(40)) * kMinuteUs;
      const AttributionEntry entry = random_entry(rng, seq, now_us);
      std::vector<Model::Change> changes;
      attributor.take(entry, [&](const AttributionChange& change) {
        EXPECT_EQ(change.conversion.text, "details");
        Model::Change seen{change.conversion.seq, change.version, {}};
        for (const CreditedTouch& t : change.after.touches) {
          if (t.credit != 0) seen.credits.emplace_back(t.candidate.touch.seq, t.credit);
        }
        changes.push_back(std::move(seen));
      });
      ASSERT_EQ(changes, model.take(entry)) << "seed " << test_seed() << " seq " << seq;
    }
  }
}

// One user with hundreds of touches a day, in time: every path is made of the best 64 touches of
// each day that are not later than the conversion, whatever came after it.
TEST(Attributor, CrowdedDaysKeepTheirBestTouches) {
  AttributionRule rule;
  rule.model = AttributionModel::linear;
  rule.click_window_hours = rule.view_window_hours = 48;
  Rng rng(test_seed());
  std::vector<AttributionEntry> entries;
  for (Seq seq = 1; seq <= 6000; ++seq) {
    AttributionEntry& entry = entries.emplace_back();
    entry.touch.kind =
        seq % 300 == 299 ? TouchKind::conversion : static_cast<TouchKind>(rng.below(3));
    entry.touch.time_us = kStart + static_cast<TimeUs>(seq / 2) * kMinuteUs;
    entry.touch.seq = seq;
    entry.log_time_us = entry.touch.time_us;
    entry.keys.user = UserKey{1, 1};
  }
  Attributor attributor([&](SeriesId, const Touch&) -> const AttributionRule& { return rule; });
  attributor.set_bounds(48 * kHourUs, false);
  std::size_t crowded = 0;
  for (const AttributionEntry& entry : entries) {
    attributor.take(entry, [&](const AttributionChange& change) {
      ASSERT_EQ(change.version, change.conversion.seq);
      std::map<TimeUs, std::vector<Touch>> days;
      for (const AttributionEntry& e : entries) {
        const bool is_before =
            e.touch.time_us <= change.conversion.time_us && e.touch.seq < change.conversion.seq;
        if (e.touch.kind != TouchKind::conversion && is_before)
          days[floor_to(e.touch.time_us, kDayUs)].push_back(e.touch);
      }
      std::vector<Seq> wanted;
      for (auto& [day, touches] : days) {
        std::sort(touches.begin(), touches.end(), [](const Touch& a, const Touch& b) {
          return a.kind != b.kind ? a.kind > b.kind : b < a;
        });
        touches.resize(std::min(touches.size(), kTouchesADay));
        for (const Touch& t : touches) {
          const bool is_eligible = t.time_us >= change.conversion.time_us - 48 * kHourUs;
          if (t.kind == TouchKind::click && is_eligible) wanted.push_back(t.seq);
        }
      }
      std::sort(wanted.begin(), wanted.end());
      std::vector<Seq> seen;
      for (const CreditedTouch& t : change.after.touches) {
        seen.push_back(t.candidate.touch.seq);
        if (t.candidate.touch.is_crowded) ++crowded;
      }
      ASSERT_EQ(seen, wanted) << "seed " << test_seed();
    });
  }
  EXPECT_GT(crowded, 100U);
}

// Each restatement takes back exactly what was said before.
TEST(Attributor, WhatIsTakenBackIsWhatWasGiven) {
  const std::vector<AttributionRule> rules = some_rules();
  Rng rng(test_seed());
  Attributor attributor([&](SeriesId series, const Touch&) -> const AttributionRule& {
    return rules[series % rules.size()];
  });
  attributor.set_bounds(36 * kHourUs, true);
  std::map<Seq, std::map<Seq, std::uint32_t>> in_force;
  TimeUs now_us = kStart;
  for (Seq seq = 1; seq <= 3000; ++seq) {
    now_us += static_cast<TimeUs>(rng.below(4)) * kMinuteUs;
    attributor.take(random_entry(rng, seq, now_us), [&](const AttributionChange& change) {
      std::map<Seq, std::uint32_t> before;
      std::map<Seq, std::uint32_t> after;
      for (const auto& t : change.before.touches) {
        if (t.credit != 0) before[t.candidate.touch.seq] = t.credit;
      }
      for (const auto& t : change.after.touches) {
        if (t.credit != 0) after[t.candidate.touch.seq] = t.credit;
      }
      ASSERT_EQ(before, in_force[change.conversion.seq]) << "seed " << test_seed();
      in_force[change.conversion.seq] = after;
    });
  }
  EXPECT_GT(in_force.size(), 300U);
}

}  // namespace
}  // namespace adbacus
