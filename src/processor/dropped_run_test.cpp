// Import runs that were given up, over random logs: no event of theirs from before the drop is
// counted or goes to the lake, and all others are.
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <map>
#include <vector>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"
#include "eventlog/testing/log_batches.hpp"
#include "processor/fold.hpp"

namespace adbacus {
namespace {

struct Item {
  std::string tenant;
  std::string run;    // empty: live, or what a drop names if `is_drop`
  std::string bytes;  // of an event
  ControlEntry entry;
  bool is_drop = false;
};

Item make_event(const std::string& tenant, const std::string& run, std::uint64_t campaign) {
  Item item{.tenant = tenant, .run = run, .bytes = {}, .entry = {}, .is_drop = false};
  Event event;
  const std::string campaign_id = fmt::format("{}", campaign);
  event.tenant = tenant;
  event.event_id = "e";
  event.campaign_id = campaign_id;
  event.import_run = run;
  event.time_us = 5 * kHourUs;
  encode_event(event, item.bytes);
  return item;
}

Item make_drop(const std::string& tenant, const std::string& run) {
  return {.tenant = tenant,
          .run = run,
          .bytes = {},
          .entry = encode_control(DropRunEntry{.tenant = tenant, .run = run, .actor = ""}),
          .is_drop = true};
}

LogControl control_at(const std::vector<Item>& log, Seq seq) {
  const ControlEntry& entry = log[seq - 1].entry;
  return {.seq = seq,
          .log_time_us = 1,
          .kind = entry.kind,
          .version = entry.version,
          .payload = entry.payload};
}

// Up to `max` entries from `from` on, in records of up to five.
LogBatch batch_of(const std::vector<Item>& log, Seq from, std::size_t max) {
  LogBatch out;
  Seq seq = from;
  for (; seq <= log.size() && seq < from + max; ++seq) {
    if (log[seq - 1].is_drop) {
      out.controls.push_back(control_at(log, seq));
      continue;
    }
    append_entry(out, seq, log[seq - 1].bytes, 1);
  }
  out.next = seq;
  return out;
}

using Counts = std::map<std::string, std::int64_t>;  // by "tenant/campaign"

struct Outcome {
  Counts counts;
  std::vector<Seq> lake;
};

// What the format's page says, entry by entry.
Outcome naive(const std::vector<Item>& log) {
  Outcome out;
  Arena arena;
  for (Seq seq = 1; seq <= log.size(); ++seq) {
    const Item& item = log[seq - 1];
    if (item.is_drop) continue;
    bool dropped = false;
    for (Seq later = seq; later <= log.size(); ++later) {
      const Item& other = log[later - 1];
      if (other.is_drop && !item.run.empty() && other.tenant == item.tenant &&
          other.run == item.run)
        dropped = true;
    }
    if (dropped) continue;
    out.lake.push_back(seq);
    ++out.counts[fmt::format("{}/{}", item.tenant, decode_event(item.bytes, arena)->campaign_id)];
  }
  return out;
}

Outcome folded(const std::vector<Item>& log, Rng& rng) {
  SeriesTable series;
  DeadLetterBook book;
  for (Seq seq = 1; seq <= log.size(); ++seq) {
    if (!log[seq - 1].is_drop) continue;
    const auto taken = book.take(control_at(log, seq));
    EXPECT_TRUE(taken);
  }
  book.finish_loading();
  Fold fold(series, 0, 0);
  fold.attach(&book, nullptr);
  Outcome out;
  while (fold.position() < log.size()) {
    std::vector<LakeEvent> lake;
    const LogBatch batch = batch_of(log, fold.position() + 1, 1 + rng.below(12));
    const auto done = fold.fold(batch, &lake);
    EXPECT_TRUE(done) << done.error().message;
    if (!done) return out;
    for (const LakeEvent& event : lake) out.lake.push_back(event.seq);
  }
  const FactBatch facts = fold.take();
  EXPECT_EQ(facts.to, log.size());
  for (const RollupRow& row : facts.minute_rows) {
    const auto& dims = series.get(row.series).dims;
    out.counts[fmt::format("{}/{}", dims[static_cast<std::size_t>(SeriesDim::tenant)],
                           dims[static_cast<std::size_t>(SeriesDim::campaign)])] +=
        row.counters[Counter64::events];
  }
  return out;
}

TEST(DroppedRuns, AreInNoCountAndNoLakeFileAndAllElseIs) {
  const std::uint64_t first = test_seed();
  for (std::uint64_t seed = first; seed < first + 200; ++seed) {
    SCOPED_TRACE(fmt::format("ADBACUS_SEED={}", seed));
    Rng rng(seed);
    const std::vector<std::string> runs{"", "a", "b", "default"};
    std::vector<Item> log;
    for (std::uint64_t n = 1 + rng.below(80); n > 0; --n) {
      const std::string tenant = rng.below(2) == 0 ? "1" : "2";
      const std::string& run = runs[rng.below(runs.size())];
      log.push_back(rng.below(12) == 0 ? make_drop(tenant, run)
                                       : make_event(tenant, run, rng.below(3)));
    }
    const Outcome expected = naive(log);
    const Outcome got = folded(log, rng);
    ASSERT_EQ(got.counts, expected.counts);
    ASSERT_EQ(got.lake, expected.lake);
  }
}

TEST(DroppedRuns, ADropThatWasNotKnownFromTheStartStopsTheFold) {
  const std::vector<Item> log{make_event("1", "a", 1), make_drop("1", "a")};
  SeriesTable series;
  DeadLetterBook book;
  book.finish_loading();
  Fold fold(series, 0, 0);
  fold.attach(&book, nullptr);
  const auto done = fold.fold(batch_of(log, 1, 10), nullptr);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::conflict);
  EXPECT_EQ(fold.failed_seq(), 0U);
  EXPECT_EQ(fold.position(), 1U);
}

}  // namespace
}  // namespace adbacus
