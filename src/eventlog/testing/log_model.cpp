#include "eventlog/testing/log_model.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <set>

#include "base/logging.hpp"
#include "eventlog/embedded/segment_reader.hpp"

namespace adbacus {
namespace {

constexpr TimeUs kStartUs = 1'795'262'400 * kSecondUs;
constexpr std::size_t kReadBytes = std::size_t{256} << 10U;

bool is_duplicate(Disposition disposition) {
  return disposition == Disposition::duplicate_id || disposition == Disposition::duplicate_differs;
}

}  // namespace

LogModel::LogModel(std::uint64_t seed) : rng_(seed), clock_(kStartUs) {
  log_configure(LogLevel::error, LogFormat::text);  // thousands of restarts
  options_.folder = "/log";
  options_.segment_bytes = std::uint64_t{1} << 20U;
  options_.free_bytes_min = 0;
  options_.new_identity = LogIdentity{.uuid = fmt::format("{:032x}", seed), .hash_seed = seed};
}

std::vector<std::string> LogModel::segments() {
  std::vector<std::string> paths;
  auto names = disk_.list(folder());
  if (!names) return paths;
  for (const std::string& name : *names) {
    if (name.ends_with(".seg")) paths.push_back(folder() + "/" + name);
  }
  return paths;
}

Result<void> LogModel::open() {
  log_.reset();
  auto opened = CommitSequence::open(disk_, clock_, options_);
  if (!opened) return opened.error();
  log_ = std::move(*opened);
  return {};
}

Result<void> LogModel::close() {
  auto closed = log_->close();
  log_.reset();
  return closed;
}

TestEvent LogModel::random_event(std::size_t url_bytes_max) {
  if (!sent_.empty() && rng_.below(4) == 0) return sent_[rng_.below(sent_.size())];
  TestEvent event;
  event.id = fmt::format("id-{}", next_id_++);
  event.user = fmt::format("u{}", rng_.below(20));
  // One draw a statement: the order of draws within one would be the compiler's.
  const std::size_t url_bytes = rng_.below(url_bytes_max + 1);
  event.url = std::string(url_bytes, static_cast<char>('a' + rng_.below(26)));
  const std::uint64_t kind = rng_.below(10);
  if (kind < 2) event.type = EventType::conversion;
  if (kind == 0) {
    event.transaction = fmt::format("t{}", rng_.below(50));
    event.status = rng_.below(2) == 0 ? ConversionStatus::pending : ConversionStatus::approved;
  }
  if (kind == 8) event.decision = fmt::format("d{}", rng_.below(50));
  if (kind == 9) event.import_run = "run";
  return event;
}

Result<void> LogModel::commit_some(std::size_t events_max, std::size_t url_bytes_max) {
  std::vector<TestEvent> events;
  const std::size_t count = 1 + rng_.below(events_max);
  for (std::size_t i = 0; i < count; ++i) events.push_back(random_event(url_bytes_max));
  return commit(events);
}

Result<void> LogModel::commit(const std::vector<TestEvent>& events) {
  for (const TestEvent& event : events) {
    sent_.push_back(event);
    ++sent_bytes_[event.encoded()];
  }
  clock_.advance(static_cast<TimeUs>(rng_.below(5 * kMinuteUs)));
  const AppendBatch batch = make_batch(events, log_->identity().hash_seed);
  std::vector<Disposition> dispositions(events.size());
  AppendSlice slice{.batch = &batch,
                    .begin = 0,
                    .end = static_cast<std::uint32_t>(events.size()),
                    .dispositions = dispositions.data(),
                    .last_seq = 0};
  const Seq before = log_->segments().synced_seq();
  if (auto committed = log_->commit({&slice, 1}); !committed) return committed;

  // Places of this group's entries, found the slow way: by partition, then by order of arrival.
  std::vector<std::size_t> order(events.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return batch.entries[a].partition < batch.entries[b].partition;
  });
  Seq seq = before;
  for (const std::size_t i : order) acked_[++seq] = events[i].encoded();
  acked_seq_ = seq;
  EXPECT_EQ(slice.last_seq, seq);
  return {};
}

Result<void> LogModel::commit_control() {
  const std::size_t bytes = rng_.below(20'000);
  std::string payload = fmt::format("control {} ", next_id_++);
  payload.append(bytes, 'c');
  sent_controls_.insert(payload);
  clock_.advance(static_cast<TimeUs>(rng_.below(5 * kMinuteUs)));
  const std::uint8_t kind = rng_.below(2) == 0 ? 7 : kBulkControlMin;
  payload.append(kind == 7 ? "" : " in bulk");
  sent_controls_.insert(payload);
  auto seq = log_->commit_control({.kind = kind, .version = 1, .payload = payload});
  if (!seq) return seq.error();
  EXPECT_EQ(*seq, log_->segments().synced_seq());
  controls_[*seq] = payload;
  acked_seq_ = *seq;
  return {};
}

// Both ways to control entries, by visiting and by reading, show the same; bulk is only read.
void LogModel::check_controls(SeqRange lost, std::map<Seq, std::string>& found) {
  const Seq first = log_->segments().first_seq();
  SegmentReader reader(disk_, log_->segments());
  auto visited = reader.visit_controls(first, [&](const LogControl& control) {
    EXPECT_TRUE(sent_controls_.contains(std::string(control.payload)));
    EXPECT_TRUE(found.empty() || found.rbegin()->first < control.seq);
    found[control.seq] = control.payload;
  });
  ASSERT_TRUE(visited) << visited.error().message;
  std::map<Seq, std::string> read;
  std::map<Seq, std::string> bulk;
  LogBatch batch;
  for (Seq next = first; next <= log_->segments().synced_seq(); next = batch.next) {
    auto got = reader.read(next, kReadBytes, 0, batch);
    ASSERT_TRUE(got) << got.error().message;
    for (const LogControl& control : batch.controls) {
      if (control.kind < kBulkControlMin) {
        read[control.seq] = control.payload;
      } else {
        bulk[control.seq] = control.payload;
      }
    }
  }
  ASSERT_EQ(read, found) << "visiting shows what reading shows, but for bulk";
  found.merge(bulk);
  for (const auto& [seq, payload] : controls_) {
    if ((seq >= lost.first && seq <= lost.last) || seq < first) continue;
    ASSERT_EQ(found[seq], payload) << "acknowledged control entry " << seq;
  }
}

void LogModel::check(SeqRange lost) {
  ASSERT_TRUE(is_open());
  const Seq synced = log_->segments().synced_seq();
  ASSERT_GE(synced, acked_seq_) << "acknowledged events are missing at the end";
  std::map<Seq, std::string> controls;
  check_controls(lost, controls);
  if (testing::Test::HasFatalFailure()) return;
  SegmentReader reader(disk_, log_->segments());
  auto events = read_all(reader, log_->segments().first_seq(), kReadBytes);
  ASSERT_TRUE(events) << events.error().message;
  std::set<std::string> counted;
  std::map<Seq, std::string> found;
  Seq expected = log_->segments().first_seq();
  for (const ReadEvent& event : *events) {
    while (controls.contains(expected)) ++expected;
    if (expected == lost.first && lost.last > 0) expected = std::max(expected, event.seq);
    ASSERT_EQ(event.seq, expected++);
    ASSERT_TRUE(sent_bytes_.contains(event.bytes)) << "never sent";
    if (!is_duplicate(event.disposition)) {
      // Live events, conversions and the one import run do not share ids in this model.
      ASSERT_TRUE(counted.insert(event.id).second) << event.id << " counts twice";
    }
    found[event.seq] = event.bytes;
  }
  while (controls.contains(expected)) ++expected;
  if (lost.last == 0) {
    ASSERT_EQ(expected, synced + 1);
  }
  for (const auto& [seq, bytes] : acked_) {
    if (seq >= lost.first && seq <= lost.last) continue;
    if (seq < log_->segments().first_seq()) continue;
    ASSERT_EQ(found[seq], bytes) << "acknowledged event " << seq;
  }
}

}  // namespace adbacus
