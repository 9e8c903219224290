// Attributed counts of the fold against a plain model, for random histories with disorder, random
// batch cuts and restarts.
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "base/testing/test_seed.hpp"
#include "processor/attribution/credits.hpp"
#include "processor/fold.hpp"
#include "processor/testing/memory_log.hpp"

namespace adbacus {
namespace {

constexpr TimeUs kBegin = 1'700'000'000 * kSecondUs;

std::string_view pick(Rng& rng, std::initializer_list<std::string_view> values) {
  return *(values.begin() + rng.below(values.size()));
}

MemoryLog random_history(Rng& rng, std::size_t count) {
  MemoryLog log;
  const auto text = [&](std::string value) -> std::string_view {
    return log.texts.emplace_back(std::move(value));
  };
  for (std::size_t i = 0; i < count; ++i) {
    Event e;
    e.tenant = pick(rng, {"1", "1", "2"});
    e.event_id = text("e" + std::to_string(i));
    const std::uint64_t kind = rng.below(10);
    e.type = kind < 4   ? EventType::impression
             : kind < 5 ? EventType::viewable_impression
             : kind < 8 ? EventType::click
             : kind < 9 ? EventType::conversion
                        : EventType::page_view;
    // Over some days, half of it out of order.
    e.time_us = kBegin + static_cast<TimeUs>(i) * 3 * kMinuteUs -
                static_cast<TimeUs>(rng.below(2) * rng.below(40)) * kHourUs;
    if (rng.below(6) != 0) e.user_id = text("u" + std::to_string(rng.below(12)));
    if (rng.below(4) == 0) e.click_id = text("k" + std::to_string(rng.below(20)));
    if (rng.below(5) == 0) e.decision_id = text("d" + std::to_string(rng.below(30)));
    e.campaign_id = pick(rng, {"", "c1", "c2", "c3"});
    e.line_item_id = pick(rng, {"", "l1"});
    e.source = pick(rng, {"", "facebook"});
    e.currency = pick(rng, {"USD", "EUR"});
    if (e.type == EventType::conversion) {
      e.conversion_type = pick(rng, {"purchase", "refund", "lead"});
      e.status = static_cast<ConversionStatus>(rng.below(5));
      e.has_value = rng.below(3) != 0;
      e.value_micros = e.has_value ? static_cast<std::int64_t>(rng.below(99'000'000)) - 999 : 0;
    }
    log.add(e, static_cast<Disposition>(rng.below(8) == 0 ? 1 + rng.below(4) : 0));
  }
  return log;
}

RuleHistory some_rules() {
  RuleHistory history;
  history.take(1, {.tenant = "1",
                   .rules = {{.campaign_id = "c1",
                              .model = AttributionModel::linear,
                              .click_window_hours = 48,
                              .view_window_hours = 12},
                             {.conversion_type = "lead", .model = AttributionModel::last_touch}}});
  history.take(2, {.tenant = "2", .rules = {{.model = AttributionModel::time_decay}}});
  // From the middle on something else.
  history.take(700, {.tenant = "2",
                     .rules = {{.campaign_id = "c2",
                                .model = AttributionModel::position_based,
                                .click_window_hours = 36}}});
  return history;
}

using Totals = std::map<std::string, std::int64_t>;

bool is_touch(const Event& e) {
  return e.type == EventType::click || e.type == EventType::impression ||
         e.type == EventType::viewable_impression;
}

Touch touch_of(const MemoryLog& log, std::size_t i) {
  const Event& e = log.events[i];
  const TouchKind kind = e.type == EventType::click                 ? TouchKind::click
                         : e.type == EventType::viewable_impression ? TouchKind::viewable
                                                                    : TouchKind::impression;
  return {.kind = kind, .time_us = e.time_us, .seq = i + 1, .series = 0, .text = {}};
}

// Each conversion against every event; `names`: dimensions of the cube.
Totals naive_totals(const MemoryLog& log, const RuleHistory& rules) {
  Totals totals;
  for (std::size_t c = 0; c < log.events.size(); ++c) {
    const Event& conversion = log.events[c];
    if (conversion.type != EventType::conversion || log.dispositions[c] != Disposition::counted)
      continue;
    std::vector<Candidate> candidates;
    for (std::size_t i = 0; i < log.events.size(); ++i) {
      const Event& e = log.events[i];
      if (!is_touch(e) || log.dispositions[i] != Disposition::counted) continue;
      if (e.tenant != conversion.tenant) continue;
      const bool is_linked = (e.type == EventType::click && !e.click_id.empty() &&
                              e.click_id == conversion.click_id) ||
                             (!e.decision_id.empty() && e.decision_id == conversion.decision_id);
      const bool is_users = !e.user_id.empty() && e.user_id == conversion.user_id;
      if (!is_linked && !is_users) continue;
      const AttributionRule& rule = rules.rule_for(e.tenant, e.campaign_id, e.line_item_id,
                                                   conversion.conversion_type, c + 1);
      candidates.push_back({touch_of(log, i), &rule, is_linked});
    }
    const Path path = path_of(conversion.time_us, candidates);
    std::vector<std::uint32_t> credits;
    for (const CreditedTouch& t : path.touches) credits.push_back(t.credit);
    const bool counts_value = conversion.status == ConversionStatus::none ||
                              conversion.status == ConversionStatus::approved ||
                              conversion.status == ConversionStatus::rebill;
    const auto values = split_amount(counts_value ? conversion.value_micros : 0, credits);
    for (std::size_t t = 0; t < credits.size(); ++t) {
      const Event& e = log.events[path.touches[t].candidate.touch.seq - 1];
      const std::string dims =
          std::string(e.tenant) + "/" + std::string(e.campaign_id) + "/" + std::string(e.source) +
          "/" + std::string(conversion.conversion_type) + "/" + std::string(conversion.currency);
      const std::string minute = std::to_string(floor_to(conversion.time_us, kMinuteUs));
      const std::string hour = std::to_string(floor_to(conversion.time_us, kHourUs));
      std::string counter;
      const bool approved = conversion.status == ConversionStatus::none ||
                            conversion.status == ConversionStatus::approved;
      if (approved && conversion.conversion_type != "refund") counter = "conversions";
      if (conversion.status == ConversionStatus::pending) counter = "pending";
      if (conversion.status == ConversionStatus::rejected) counter = "rejected";
      if (conversion.status == ConversionStatus::rebill) counter = "rebills";
      for (const std::string& at : {"t/" + minute + "/" + dims,
                                    "b/" + hour + "/" + dims + "/" + std::string(e.line_item_id)}) {
        if (!counter.empty()) totals[at + " " + counter] += credits[t];
        totals[at + " value_micros"] += values[t];
      }
    }
  }
  std::erase_if(totals, [](const auto& one) { return one.second == 0; });
  return totals;
}

void add_rows(const SeriesTable& series, const std::vector<RollupRow>& rows, Totals& totals) {
  for (const RollupRow& row : rows) {
    if (row.slice != Slice::attributed) continue;
    const Series& s = series.get(row.series);
    const auto dim = [&](SeriesDim d) { return s.dims[static_cast<std::size_t>(d)]; };
    const bool is_traffic = s.cube == Cube::traffic;
    std::string at = (is_traffic ? "t/" : "b/") +
                     std::to_string(row.period * (is_traffic ? kMinuteUs : kHourUs)) + "/" +
                     dim(SeriesDim::tenant) + "/" + dim(SeriesDim::campaign) + "/" +
                     dim(SeriesDim::source) + "/" + dim(SeriesDim::conversion_type) + "/" +
                     dim(SeriesDim::currency);
    if (!is_traffic) at += "/" + dim(SeriesDim::line_item);
    for (std::size_t i = 0; i < kCounters; ++i) {
      const auto counter = static_cast<Counter64>(i);
      if (row.counters[counter] != 0)
        totals[at + " " + std::string(counter_name(counter))] += row.counters[counter];
    }
  }
}

TEST(FoldAttribution, AgreesWithAPlainModelWhateverTheCutsAndRestarts) {
  Rng rng(test_seed());
  for (int round = 0; round < 30; ++round) {
    const MemoryLog log = random_history(rng, 200 + rng.below(1500));
    const RuleHistory rules = some_rules();
    SeriesTable series;
    Seq counted = 0;
    Totals totals;
    auto fold = std::make_unique<Fold>(series, 0, 0);
    fold->set_rules(rules);
    while (counted < log.events.size()) {
      const LogBatch batch = log.batch(fold->position() + 1, 1 + rng.below(300), rng);
      ASSERT_TRUE(fold->fold(batch, nullptr));
      const bool is_last = fold->position() >= log.events.size();
      if (!is_last && rng.below(2) == 0) continue;
      const std::size_t known = series.size();
      const FactBatch facts = fold->take();
      ASSERT_EQ(facts.from, counted);
      counted = facts.to;
      add_rows(series, facts.minute_rows, totals);
      add_rows(series, facts.hour_rows, totals);
      ASSERT_EQ(series.size(), known);
      if (rng.below(4) != 0) continue;
      // What comes behind the last flush is lost, and counted again.
      if (!is_last) {
        ASSERT_TRUE(fold->fold(log.batch(fold->position() + 1, 20, rng), nullptr));
      }
      series.truncate(known);
      fold = std::make_unique<Fold>(series, 0, counted);
      fold->set_rules(rules);
    }
    std::erase_if(totals, [](const auto& one) { return one.second == 0; });
    const Totals wanted = naive_totals(log, rules);
    ASSERT_EQ(totals, wanted) << "seed " << test_seed() << " round " << round;
    ASSERT_FALSE(wanted.empty());
  }
}

}  // namespace
}  // namespace adbacus
