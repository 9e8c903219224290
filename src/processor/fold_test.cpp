// The fold against a naive count over decoded events, for random logs and random batch cuts.
#include "processor/fold.hpp"

#include <gtest/gtest.h>
#include <map>
#include <set>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"
#include "model/consent_flags.hpp"
#include "processor/testing/memory_log.hpp"

namespace adbacus {
namespace {

std::string_view pick(Rng& rng, std::initializer_list<std::string_view> values) {
  return *(values.begin() + rng.below(values.size()));
}

MemoryLog random_log(Rng& rng, std::size_t count) {
  MemoryLog log;
  for (std::size_t i = 0; i < count; ++i) {
    Event event;
    event.tenant = pick(rng, {"1", "demo"});
    log.texts.push_back("e" + std::to_string(i));
    event.event_id = log.texts.back();
    log.texts.push_back("u" + std::to_string(rng.below(50)));
    event.user_id = rng.below(5) == 0 ? std::string_view{} : log.texts.back();
    event.type = static_cast<EventType>(1 + rng.below(kEventTypes - 1));
    // Across the epoch and across hours, so that flooring of negative times is seen too.
    event.time_us = static_cast<TimeUs>(rng.below(4 * 3600)) * kSecondUs - 2 * kHourUs;
    event.campaign_id = pick(rng, {"", "1", "2", "camp-789"});
    event.placement_id = pick(rng, {"", "1", "7"});
    event.country = pick(rng, {"", "DE", "AT"});
    event.device = pick(rng, {"", "mobile"});
    event.source = pick(rng, {"", "facebook", "DE"});
    event.currency = pick(rng, {"USD", "EUR"});
    event.browser = pick(rng, {"", "Chrome", "Safari"});
    if (event.type == EventType::conversion) {
      event.conversion_type = pick(rng, {"purchase", "refund", "chargeback", "lead"});
      event.status = static_cast<ConversionStatus>(rng.below(5));
    }
    event.has_value = rng.below(2) == 0;
    event.value_micros = event.has_value ? static_cast<std::int64_t>(rng.below(5'000'000)) : 0;
    event.has_cost = rng.below(2) == 0;
    event.cost_micros = event.has_cost ? static_cast<std::int64_t>(rng.below(1000)) : 0;
    log.add(event, static_cast<Disposition>(rng.below(10) == 0 ? rng.below(5) : 0));
  }
  return log;
}

using Totals = std::map<std::string, std::map<std::string, std::int64_t>>;

// "cube/period/slice/dims" -> counter -> sum, from rows.
void add_rows(const SeriesTable& series, const std::vector<RollupRow>& rows, Totals& totals) {
  for (const RollupRow& row : rows) {
    if (row.slice == Slice::attributed) continue;  // fold_attribution_test.cpp
    const Series& s = series.get(row.series);
    std::string key = s.cube == Cube::traffic ? "t" : "b";
    key += "/" + std::to_string(row.period) + "/" + std::to_string(static_cast<int>(row.slice));
    for (const std::string& dim : s.dims) key += "/" + dim;
    for (std::size_t i = 0; i < kCounters; ++i) {
      const auto counter = static_cast<Counter64>(i);
      if (row.counters[counter] != 0)
        totals[key][std::string(counter_name(counter))] += row.counters[counter];
    }
  }
}

// The counting rules a second time, as plainly as they can be said.
std::map<std::string, std::int64_t> naive_counts(const Event& e, Disposition d) {
  std::map<std::string, std::int64_t> c{{"events", 1}};
  if (d == Disposition::transition) return c;
  if (e.cost_micros != 0) c["cost_micros"] = e.cost_micros;
  if (e.type == EventType::impression) c["impressions"] = 1;
  if (e.type == EventType::viewable_impression) c["viewable"] = 1;
  if (e.type == EventType::click) c["clicks"] = 1;
  if (e.type == EventType::view) c["views"] = 1;
  if (e.type == EventType::interaction) c["interactions"] = 1;
  if (e.type == EventType::page_view) c["page_views"] = 1;
  if (e.type == EventType::custom) c["customs"] = 1;
  if (e.type != EventType::conversion) return c;
  const bool takes_back = e.conversion_type == "refund" || e.conversion_type == "chargeback";
  if (e.status == ConversionStatus::pending) c["pending"] = 1;
  if (e.status == ConversionStatus::rejected) c["rejected"] = 1;
  if (e.status == ConversionStatus::rebill) c["rebills"] = 1;
  const bool approved =
      e.status == ConversionStatus::none || e.status == ConversionStatus::approved;
  if (approved && !takes_back) c["conversions"] = 1;
  if ((approved || e.status == ConversionStatus::rebill) && e.value_micros != 0)
    c["value_micros"] = e.value_micros;
  return c;
}

Totals naive_totals(const MemoryLog& log) {
  Totals totals;
  for (std::size_t i = 0; i < log.events.size(); ++i) {
    const Event& e = log.events[i];
    static constexpr std::array<int, 5> kSliceOf{0, 5, 12, 10, 11};
    const std::string slice =
        std::to_string(kSliceOf[static_cast<std::size_t>(log.dispositions[i])]);
    const auto floor_div = [&](std::int64_t length) {
      std::int64_t q = e.time_us / length;
      if (e.time_us < 0 && e.time_us % length != 0) --q;
      return std::to_string(q);
    };
    const auto join = [](std::initializer_list<std::string_view> parts) {
      std::string out;
      for (const std::string_view part : parts) out += "/" + std::string(part);
      return out;
    };
    const std::string shared =
        join({e.tenant, e.campaign_id, e.placement_id, e.source, e.conversion_type, e.currency});
    const std::string minute = "t/" + floor_div(kMinuteUs) + "/" + slice + shared + "//////";
    const std::string hour =
        "b/" + floor_div(kHourUs) + "/" + slice + shared +
        join({e.line_item_id, e.creative_id, e.ad_id, e.publisher_id, e.country, e.device});
    for (const auto& [name, value] : naive_counts(e, log.dispositions[i])) {
      totals[minute][name] += value;
      totals[hour][name] += value;
    }
  }
  return totals;
}

TEST(Fold, EqualsANaiveCountWhateverTheBatchAndFlushCuts) {
  Rng rng(test_seed());
  for (int round = 0; round < 20; ++round) {
    const MemoryLog log = random_log(rng, 1 + rng.below(2000));
    SeriesTable series;
    Fold fold(series, 0, 0);
    Totals totals;
    Seq expected_from = 0;
    std::size_t lake_rows = 0;
    while (fold.position() < log.events.size()) {
      std::vector<LakeEvent> lake;
      const LogBatch batch = log.batch(fold.position() + 1, 1 + rng.below(300), rng);
      ASSERT_TRUE(fold.fold(batch, &lake));
      lake_rows += lake.size();
      if (rng.below(2) == 0 && fold.position() < log.events.size()) continue;
      const FactBatch facts = fold.take();
      EXPECT_EQ(facts.from, expected_from);
      expected_from = facts.to;
      add_rows(series, facts.minute_rows, totals);
      add_rows(series, facts.hour_rows, totals);
    }
    EXPECT_EQ(expected_from, log.events.size());
    EXPECT_EQ(lake_rows, log.events.size());
    EXPECT_EQ(totals, naive_totals(log));
  }
}

TEST(Fold, SkipsWhatItHasAlreadyFolded) {
  Rng rng(test_seed());
  const MemoryLog log = random_log(rng, 100);
  SeriesTable series;
  Fold fold(series, 40, 40);
  const LogBatch batch = log.batch(1, 1000, rng);
  ASSERT_TRUE(fold.fold(batch, nullptr));
  ASSERT_TRUE(fold.fold(batch, nullptr));
  const FactBatch facts = fold.take();
  EXPECT_EQ(facts.from, 40U);
  EXPECT_EQ(facts.to, 100U);
  std::int64_t events = 0;
  for (const RollupRow& row : facts.minute_rows) events += row.counters[Counter64::events];
  EXPECT_EQ(events, 60);
}

TEST(Fold, GivesTheLakeWhatItLacksWithoutCountingAgainWhatTheStoreHas) {
  Rng rng(test_seed());
  const MemoryLog log = random_log(rng, 100);
  SeriesTable series;
  Fold fold(series, 20, 60);
  std::vector<LakeEvent> lake;
  Rng cuts(7);
  ASSERT_TRUE(fold.fold(log.batch(21, 25, cuts), &lake));
  const FactBatch early = fold.take();
  EXPECT_EQ(early.from, early.to);
  ASSERT_TRUE(fold.fold(log.batch(fold.position() + 1, 1000, cuts), &lake));
  const FactBatch facts = fold.take();
  EXPECT_EQ(facts.from, 60U);
  EXPECT_EQ(facts.to, 100U);
  std::int64_t events = 0;
  for (const RollupRow& row : facts.minute_rows) events += row.counters[Counter64::events];
  EXPECT_EQ(events, 40);
  EXPECT_EQ(lake.size(), 80U);
}

TEST(Fold, NamesTheEventThatCannotBeReadAndStopsBeforeItsRecord) {
  Rng rng(test_seed());
  MemoryLog log = random_log(rng, 10);
  log.encoded[4] = "not an event";
  SeriesTable series;
  Fold fold(series, 0, 0);
  const auto folded = fold.fold(log.batch(1, 100, rng), nullptr);
  ASSERT_FALSE(folded);
  EXPECT_EQ(folded.error().code, ErrorCode::corrupt);
  EXPECT_NE(folded.error().message.find("event 5"), std::string::npos) << folded.error().message;
  EXPECT_LT(fold.position(), 5U);
}

TEST(Fold, CountsNoUserWhoDidNotAllowIt) {
  Rng rng(test_seed());
  MemoryLog all = random_log(rng, 500);
  MemoryLog log;  // its texts are those of `all`
  for (std::size_t i = 0; i < all.events.size(); ++i) {
    all.events[i].flags = event_flag::no_measurement;
    log.add(all.events[i], all.dispositions[i]);
  }
  SeriesTable series;
  Fold fold(series, 0, 0);
  ASSERT_TRUE(fold.fold(log.batch(1, 10'000, rng), nullptr));
  const FactBatch facts = fold.take();
  EXPECT_TRUE(facts.reach.empty());
  ASSERT_FALSE(facts.conversions.empty());
  for (const ConversionFact& fact : facts.conversions) EXPECT_EQ(fact.user_id, "");
}

TEST(Fold, ReportsEachRaisedReachRegisterOncePerFlush) {
  Rng rng(test_seed());
  const MemoryLog log = random_log(rng, 3000);
  SeriesTable series;
  Fold fold(series, 0, 0);
  ASSERT_TRUE(fold.fold(log.batch(1, 10'000, rng), nullptr));
  const FactBatch facts = fold.take();
  ASSERT_FALSE(facts.reach.empty());
  for (const ReachDelta& delta : facts.reach) {
    std::set<std::uint32_t> indexes;
    for (const std::uint32_t reg : delta.registers) {
      EXPECT_TRUE(indexes.insert(reg >> 8U).second);
      EXPECT_GT(reg & 0xffU, 0U);
    }
  }
}

}  // namespace
}  // namespace adbacus
