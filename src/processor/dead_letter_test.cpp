// Entries that cannot be folded, over random logs: whatever fails, and whatever is then ordered,
// every event is counted once or is a dead letter, and a replay counts the same.
#include <deque>
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "base/failpoint.hpp"
#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"
#include "eventlog/testing/log_batches.hpp"
#include "processor/fold.hpp"

namespace adbacus {
namespace {

// A log in memory whose entries are events or control entries, one record each.
class MixedLog {
 public:
  void add_event(std::int64_t campaign) {
    const std::string id = fmt::format("e{}", items_.size() + 1);
    items_.push_back({encoded(id, campaign), {}, false});
  }
  void add_control(ControlEntry entry) { items_.push_back({{}, std::move(entry), true}); }
  Seq end() const { return items_.size(); }
  const std::string& event(Seq seq) const { return items_[seq - 1].event; }
  bool is_control(Seq seq) const { return items_[seq - 1].control; }

  LogControl control(Seq seq) const {
    const ControlEntry& entry = items_[seq - 1].entry;
    return {.seq = seq,
            .log_time_us = log_time_us(seq),
            .kind = entry.kind,
            .version = entry.version,
            .payload = entry.payload};
  }

  // Groups of thirteen events: records of one group are folded together.
  static TimeUs log_time_us(Seq seq) { return static_cast<TimeUs>(seq / 13 + 1); }

  // Events [from, from + max) in records of up to five.
  LogBatch batch(Seq from, std::size_t max) const {
    LogBatch out;
    Seq seq = from;
    for (; seq <= end() && seq < from + max; ++seq) {
      if (is_control(seq)) {
        out.controls.push_back(control(seq));
        continue;
      }
      append_entry(out, seq, event(seq), log_time_us(seq));
    }
    out.next = seq;
    return out;
  }

  static std::string encoded(const std::string& id, std::int64_t campaign) {
    Event event;
    event.tenant = "1";
    event.event_id = id;
    const std::string campaign_id = fmt::format("{}", campaign);
    event.campaign_id = campaign_id;
    event.time_us = 5 * kHourUs;
    std::string bytes;
    encode_event(event, bytes);
    return bytes;
  }

 private:
  struct Item {
    std::string event;
    ControlEntry entry;
    bool control = false;
  };
  std::deque<Item> items_;
};

using Counts = std::map<std::string, std::int64_t>;  // by campaign

void add_rows(const SeriesTable& series, const FactBatch& facts, Counts& counts) {
  for (const RollupRow& row : facts.minute_rows) {
    const auto campaign = static_cast<std::size_t>(SeriesDim::campaign);
    counts[series.get(row.series).dims[campaign]] += row.counters[Counter64::impressions];
  }
}

// Entries whose folding fails while the test holds it.
class BadEntries {
 public:
  BadEntries() { failpoint_set_hook(&BadEntries::hit, this); }
  ~BadEntries() { failpoint_set_hook(nullptr, nullptr); }
  std::set<Seq> bad;

 private:
  static Result<void> hit(std::string_view name, void* self) {
    constexpr std::string_view kPrefix = "fold.record.";
    if (!name.starts_with(kPrefix)) return {};
    const Seq seq = std::stoull(std::string(name.substr(kPrefix.size())));
    if (!static_cast<BadEntries*>(self)->bad.contains(seq)) return {};
    return Error{ErrorCode::corrupt, "injected"};
  }
};

// Random life of a log and a fold that follows it.
class Life {
 public:
  explicit Life(std::uint64_t seed) : rng_(seed), fold_(series_, 0, 0) {
    fold_.attach(&book_, nullptr);
  }

  void run() {
    for (int step = 0; step < 60; ++step) {
      grow();
      follow(1 + rng_.below(20));
      if (testing::Test::HasFatalFailure()) return;
    }
    while (fold_.position() < log_.end()) follow(100);
  }

  const MixedLog& log() const { return log_; }
  const Counts& counts() const { return counts_; }
  const DeadLetterBook& book() const { return book_; }

 private:
  void grow() {
    for (std::uint64_t n = rng_.below(8); n > 0; --n) {
      log_.add_event(static_cast<std::int64_t>(rng_.below(4)));
      if (rng_.below(6) == 0) bad_.bad.insert(log_.end());
    }
    if (letters_.empty() || rng_.below(2) == 0) return;
    // Of any dead letter, settled or not, perhaps twice.
    const Seq letter = letters_[rng_.below(letters_.size())];
    if (rng_.below(4) == 0) {
      log_.add_control(encode_control(DropEntry{.seq = letter, .actor = "", .reason = "no"}));
      return;
    }
    const bool corrected = rng_.below(2) == 0;
    const std::string event =
        corrected ? MixedLog::encoded(fmt::format("e{}", letter), 99) : log_.event(letter);
    log_.add_control(encode_control(RestoreEntry{.seq = letter,
                                                 .corrected = corrected,
                                                 .disposition = Disposition::counted,
                                                 .actor = "k",
                                                 .event = event}));
    if (rng_.below(3) == 0) bad_.bad.insert(log_.end());
  }

  void follow(std::size_t max) {
    const LogBatch batch = log_.batch(fold_.position() + 1, max);
    if (auto folded = fold_.fold(batch, nullptr); !folded) {
      const Seq seq = fold_.failed_seq();
      ASSERT_NE(seq, 0U) << folded.error().message;
      ASSERT_EQ(seq, std::max(seq, fold_.position() + 1));
      log_.add_control(encode_control(SkipEntry{.seq = seq, .tries = 3, .reason = "injected"}));
      book_.skip(seq);
      if (!log_.is_control(seq)) letters_.push_back(seq);
    }
    if (rng_.below(3) == 0 || fold_.position() == log_.end())
      add_rows(series_, fold_.take(), counts_);
  }

  Rng rng_;
  BadEntries bad_;
  MixedLog log_;
  SeriesTable series_;
  DeadLetterBook book_;
  Fold fold_;
  Counts counts_;
  std::vector<Seq> letters_;
};

// What the page of the format says, from the whole log: the campaign each event counts for.
Counts naive_counts(const MixedLog& log, std::size_t& open) {
  std::map<Seq, Seq> state;  // dead letter -> restore in effect, 0 while open, max if dropped
  std::set<Seq> skipped;
  std::map<Seq, std::string> restored;
  for (Seq seq = 1; seq <= log.end(); ++seq) {
    if (!log.is_control(seq)) continue;
    const LogControl control = log.control(seq);
    auto meaning = *decode_control(control);
    if (const auto* skip = std::get_if<SkipEntry>(&meaning)) {
      skipped.insert(skip->seq);
      Seq letter = skip->seq;
      for (const auto& [of, by] : state) {
        if (by == skip->seq) letter = of;
      }
      state[letter] = 0;
    } else if (const auto* restore = std::get_if<RestoreEntry>(&meaning)) {
      if (state.contains(restore->seq) && state[restore->seq] == 0) {
        state[restore->seq] = seq;
        restored[seq] = restore->event;
      }
    } else if (const auto* drop = std::get_if<DropEntry>(&meaning)) {
      if (state.contains(drop->seq) && state[drop->seq] == 0) state[drop->seq] = UINT64_MAX;
    }
  }
  Counts counts;
  Arena arena;
  for (Seq seq = 1; seq <= log.end(); ++seq) {
    if (skipped.contains(seq)) continue;
    if (log.is_control(seq) && !restored.contains(seq)) continue;
    const std::string& bytes = log.is_control(seq) ? restored[seq] : log.event(seq);
    ++counts[std::string(decode_event(bytes, arena)->campaign_id)];
  }
  open = 0;
  for (const auto& [letter, by] : state) open += by == 0 ? 1 : 0;
  return counts;
}

TEST(DeadLetters, CountEveryEventOnceOrListItAndReplayTheSame) {
  const std::uint64_t first = test_seed();
  for (std::uint64_t seed = first; seed < first + 100; ++seed) {
    SCOPED_TRACE(fmt::format("ADBACUS_SEED={}", seed));
    Life life(seed);
    life.run();
    ASSERT_FALSE(HasFatalFailure());
    std::size_t open = 0;
    ASSERT_EQ(life.counts(), naive_counts(life.log(), open));
    ASSERT_EQ(life.book().totals().open, open);

    // A program that could fold every entry counts the same.
    SeriesTable series;
    DeadLetterBook book;
    for (Seq seq = 1; seq <= life.log().end(); ++seq) {
      if (!life.log().is_control(seq)) continue;
      ASSERT_TRUE(book.take(life.log().control(seq)));
    }
    Fold replay(series, 0, 0);
    replay.attach(&book, nullptr);
    replay.suspect(3, 30);
    while (replay.position() < life.log().end()) {
      const auto done = replay.fold(life.log().batch(replay.position() + 1, 7), nullptr);
      ASSERT_TRUE(done) << done.error().message;
    }
    Counts counts;
    add_rows(series, replay.take(), counts);
    ASSERT_EQ(counts, life.counts());
    ASSERT_EQ(book.totals().open, open);
  }
}

TEST(DeadLetters, HandTheLakeWhatIsCountedAndNothingElse) {
  MixedLog log;
  for (int i = 0; i < 4; ++i) log.add_event(i);
  log.add_control(encode_control(SkipEntry{.seq = 2, .tries = 3, .reason = "no"}));
  const std::string fixed = MixedLog::encoded("e2", 99);
  log.add_control(encode_control(RestoreEntry{.seq = 2,
                                              .corrected = true,
                                              .disposition = Disposition::repeat,
                                              .actor = "",
                                              .event = fixed}));
  SeriesTable series;
  DeadLetterBook book;
  ASSERT_TRUE(book.take(log.control(5)));
  Fold fold(series, 0, 0);
  fold.attach(&book, nullptr);
  std::vector<LakeEvent> lake;
  const LogBatch batch = log.batch(1, 10);
  ASSERT_TRUE(fold.fold(batch, &lake));
  EXPECT_EQ(fold.position(), 6U);
  std::vector<Seq> seqs;
  for (const LakeEvent& event : lake) seqs.push_back(event.seq);
  EXPECT_EQ(seqs, (std::vector<Seq>{1, 3, 4, 6}));
  EXPECT_EQ(lake[3].disposition, Disposition::repeat);
  EXPECT_EQ(lake[3].bytes, fixed);
  ASSERT_TRUE(book.find(2));
  EXPECT_EQ(book.find(2)->state, LetterState::fixed);
  EXPECT_EQ(book.find(2)->closed_seq, 6U);
}

TEST(DeadLetters, StopTheFoldAtAControlEntryOfANewerProgram) {
  MixedLog log;
  log.add_event(1);
  log.add_control({.kind = 200, .version = 1, .payload = ""});
  SeriesTable series;
  DeadLetterBook book;
  Fold fold(series, 0, 0);
  fold.attach(&book, nullptr);
  const auto folded = fold.fold(log.batch(1, 10), nullptr);
  ASSERT_FALSE(folded);
  EXPECT_EQ(folded.error().code, ErrorCode::corrupt);
  EXPECT_EQ(fold.failed_seq(), 0U);
  EXPECT_EQ(fold.position(), 1U);
}

}  // namespace
}  // namespace adbacus
