// The bound of keys against a naive rule over decoded events: random ids far over a small bound,
// random batch cuts, flushes and crashes.
#include <algorithm>
#include <deque>
#include <gtest/gtest.h>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"
#include "processor/fold.hpp"

namespace adbacus {
namespace {

struct Item {
  std::string tenant, campaign, ad, currency;
  TimeUs log_time_us = 0;
  std::optional<std::uint64_t> bound;  // a control entry
  std::string bytes;                   // of the event, or of the entry's payload
};

// Perhaps a while with the default, far away; then entries change it now and then. Log time runs
// over some days.
std::vector<Item> random_log(Rng& rng) {
  std::vector<Item> log;
  TimeUs now = 20'000 * kDayUs;
  const std::size_t size = 1500 + rng.below(1500);
  const std::size_t first = rng.below(2) == 0 ? 0 : rng.below(200);
  while (log.size() < size) {
    now += static_cast<TimeUs>(rng.below(3 * kMinuteUs));
    Item item;
    item.log_time_us = now;
    if (log.size() == first || (log.size() > first && rng.below(400) == 0)) {
      item.bound = 20 + rng.below(60);
      item.bytes = encode_control(BoundEntry{*item.bound}).payload;
    } else {
      item.tenant = rng.below(3) == 0 ? "1" : "2";
      item.campaign = std::to_string(rng.below(item.tenant == "1" ? 20 : 2000));
      item.ad = std::to_string(rng.below(4));
      item.currency = rng.below(2) == 0 ? "USD" : "EUR";
      Event event;
      event.tenant = item.tenant;
      const std::string id = std::to_string(log.size());
      event.event_id = id;
      event.user_id = id;
      event.campaign_id = item.campaign;
      event.ad_id = item.ad;
      event.currency = item.currency;
      event.type = EventType::click;
      event.time_us = 5 * kHourUs;
      encode_event(event, item.bytes);
    }
    log.push_back(std::move(item));
  }
  return log;
}

LogBatch batch_of(const std::vector<Item>& log, Seq from, std::size_t max) {
  LogBatch out;
  Seq seq = from;
  for (; seq <= log.size() && seq < from + max; ++seq) {
    const Item& item = log[seq - 1];
    if (item.bound) {
      out.controls.push_back({.seq = seq,
                              .log_time_us = item.log_time_us,
                              .kind = static_cast<std::uint8_t>(ControlKind::bound),
                              .version = 1,
                              .payload = item.bytes});
      continue;
    }
    out.records.push_back({.partition = 0,
                           .first_seq = seq,
                           .count = 1,
                           .log_time_us = item.log_time_us,
                           .entries_begin = static_cast<std::uint32_t>(out.entries.size())});
    out.entries.push_back({.bytes = item.bytes, .disposition = Disposition::counted});
  }
  out.next = seq;
  return out;
}

// "cube/tenant/campaign/ad/currency" -> clicks
using Counts = std::map<std::string, std::int64_t>;

Counts naive_counts(const std::vector<Item>& log) {
  Counts counts;
  std::uint64_t max = kKeysMaxDefault;
  std::set<std::string> known;
  std::map<std::string, std::uint64_t> new_by_day;  // "cube/tenant/day"
  for (const Item& item : log) {
    if (item.bound) {
      max = *item.bound;
      continue;
    }
    for (const std::string cube : {"t", "b"}) {
      const std::string ad = cube == "t" ? "" : item.ad;
      const std::string key =
          cube + "/" + item.tenant + "/" + item.campaign + "/" + ad + "/" + item.currency;
      std::uint64_t& taken =
          new_by_day[cube + item.tenant + "/" + std::to_string(item.log_time_us / kDayUs)];
      if (!known.contains(key) && taken < max) {
        known.insert(key);
        ++taken;
      }
      const std::string other = cube + "/" + item.tenant + "/" + kOtherKey + "/" +
                                (cube == "t" ? "" : kOtherKey) + "/" + item.currency;
      ++counts[known.contains(key) ? key : other];
    }
  }
  return counts;
}

// A fold and the store behind it, which keeps what a crash cannot take: rows, offset, bound,
// series.
class Life {
 public:
  Life(const std::vector<Item>& log, Rng& rng) : log_(log), rng_(rng) { start(); }

  void run(bool crashes) {
    while (committed_ < log_.size()) {
      const std::size_t max = 1 + rng_.below(200);
      std::vector<LakeEvent> lake;
      ASSERT_TRUE(fold_->fold(batch_of(log_, fold_->position() + 1, max), &lake));
      if (rng_.below(3) == 0 || fold_->position() == log_.size()) commit();
      if (crashes && rng_.below(6) == 0) start();
    }
  }
  const Counts& counts() const { return counts_; }

 private:
  // As after a crash, or after the fold found no memory: what was folded and not committed is gone,
  // its series too. The lake may lag behind the store.
  void start() {
    fold_.reset();
    if (series_ != nullptr && rng_.below(2) == 0) {
      series_->truncate(stored_series_);
    } else {
      auto fresh = std::make_unique<SeriesTable>();
      for (std::size_t id = 0; id < stored_series_; ++id) {
        fresh->load(static_cast<SeriesId>(id), series_->get(static_cast<SeriesId>(id)));
      }
      series_ = std::move(fresh);
    }
    const Seq lag = rng_.below(committed_ + 1);
    fold_ = std::make_unique<Fold>(*series_, committed_ - lag, committed_);
    fold_->attach(&book_, nullptr);
    fold_->set_keys_max(keys_max_);
  }

  void commit() {
    const FactBatch facts = fold_->take();
    for (const auto* rows : {&facts.minute_rows, &facts.hour_rows}) {
      for (const RollupRow& row : *rows) {
        const Series& series = series_->get(row.series);
        const auto text = [&](SeriesDim dim) { return series.dims[static_cast<std::size_t>(dim)]; };
        counts_[(series.cube == Cube::traffic ? "t/" : "b/") + text(SeriesDim::tenant) + "/" +
                text(SeriesDim::campaign) + "/" + text(SeriesDim::ad) + "/" +
                text(SeriesDim::currency)] += row.counters[Counter64::clicks];
      }
    }
    committed_ = facts.to;
    keys_max_ = facts.keys_max;
    stored_series_ = series_->size();
  }

  const std::vector<Item>& log_;
  Rng& rng_;
  std::unique_ptr<SeriesTable> series_;
  DeadLetterBook book_;
  std::unique_ptr<Fold> fold_;
  Counts counts_;
  Seq committed_ = 0;
  std::uint64_t keys_max_ = kKeysMaxDefault;
  std::size_t stored_series_ = 0;
};

TEST(KeyBound, GivesEachKeyTheRowOfTheNaiveRuleWhateverTheCutsAndCrashes) {
  Rng rng(test_seed());
  for (int round = 0; round < 12; ++round) {
    const std::vector<Item> log = random_log(rng);
    const Counts expected = naive_counts(log);
    const auto over = std::count_if(expected.begin(), expected.end(), [](const auto& entry) {
      return entry.first.find(kOtherKey) != std::string::npos;
    });
    ASSERT_GE(over, 4) << "tenant 2, by cube and currency";
    for (const bool crashes : {false, true}) {
      Life life(log, rng);
      life.run(crashes);
      ASSERT_EQ(life.counts(), expected) << "round " << round << " crashes " << crashes;
    }
  }
}

TEST(KeyBound, CountsAKeyOfItsOwnOnADayWithRoomForIt) {
  SeriesTable table;
  KeyBound bound(table);
  bound.set_max(1);
  Series series{.cube = Cube::traffic, .dims = {"1", "a"}};
  EXPECT_TRUE(bound.take(series, 5));
  EXPECT_FALSE(bound.take(series, 5));
  EXPECT_TRUE(bound.take(series, 6));
  series.dims[0] = "2";
  EXPECT_TRUE(bound.take(series, 6));
  series.cube = Cube::breakdown;
  EXPECT_TRUE(bound.take(series, 6));
  EXPECT_FALSE(bound.take(series, 6));
  bound.set_max(2);
  EXPECT_TRUE(bound.take(series, 6));
}

TEST(KeyBound, LeavesTenantAndCurrencyInTheRowOther) {
  const Series traffic = other_series(
      {.cube = Cube::traffic, .dims = {"1", "a", "p", "", "", "EUR", "", "", "", "", "", ""}});
  EXPECT_TRUE(is_other(traffic));
  EXPECT_EQ(traffic.dims[static_cast<std::size_t>(SeriesDim::tenant)], "1");
  EXPECT_EQ(traffic.dims[static_cast<std::size_t>(SeriesDim::currency)], "EUR");
  EXPECT_EQ(traffic.dims[static_cast<std::size_t>(SeriesDim::source)], kOtherKey);
  EXPECT_EQ(traffic.dims[static_cast<std::size_t>(SeriesDim::ad)], "");
}

}  // namespace
}  // namespace adbacus
