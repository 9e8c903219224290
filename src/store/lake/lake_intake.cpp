#include "store/lake/lake_intake.hpp"

#include <fmt/format.h>
#include <utility>

#include "base/breather.hpp"
#include "base/failpoint.hpp"
#include "base/hash.hpp"
#include "base/metrics.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kBreatheEvents = 128;

struct LakeMetrics {
  Counter& rows = counter("adbacus_lake_rows_total", "Events written to visible lake files.");
  Counter& bytes = counter("adbacus_lake_bytes_total", "Bytes of lake files published.");
  Counter& files = counter("adbacus_lake_files_total", "Lake files published.");
};
LakeMetrics& metrics() {
  static LakeMetrics all;
  return all;
}

}  // namespace

LakeIntake::LakeIntake(const LakeOptions& options, VisibleFiles& visible, std::uint64_t hash_seed)
    : visible_(visible), open_(options, hash_seed), position_(visible.committed()) {
  // An hour's rows are cut in seq order, so whatever is not behind its newest visible row is
  // visible.
  const auto snapshot = visible.snapshot();
  for (const LakeFile& file : snapshot->files) {
    if (file.last_seq <= position_) continue;
    Seq& mark = hour_marks_[file.hour_us];
    mark = std::max(mark, file.last_seq);
  }
}

Result<void> LakeIntake::take(const LakeBatch& batch) {
  for (std::size_t i = 0; i < batch.events.size(); ++i) {
    if (i % kBreatheEvents == 0) breathe();
    const LakeEvent& event = batch.events[i];
    if (event.seq <= position()) continue;
    if (auto taken = take(event); !taken) return taken;
  }
  if (batch.to > position()) position_ = batch.to;
  return {};
}

Result<void> LakeIntake::take(const LakeEvent& event) {
  if (open_.interval_over(event.log_time_us)) {
    if (auto done = cut(open_.hours()); !done) return done;
  }
  if (auto scanned = scan_event(event.bytes, packed_); !scanned)
    return Error{ErrorCode::corrupt,
                 fmt::format("lake: event {}: {}", event.seq, scanned.error().message)};
  bool visible_already = false;
  if (!hour_marks_.empty()) {
    const auto mark = hour_marks_.find(floor_to(packed_.time_us, kHourUs));
    visible_already = mark != hour_marks_.end() && event.seq <= mark->second;
  }
  if (!visible_already) {
    if (auto appended = open_.append(event, packed_); !appended) return appended;
  }
  position_.store(event.seq, std::memory_order_relaxed);
  log_time_us_.store(event.log_time_us, std::memory_order_relaxed);
  if (!open_.any_due()) return {};
  return cut(open_.due());
}

Result<void> LakeIntake::cut_all() {
  return cut(open_.hours());
}

Result<void> LakeIntake::retry() {
  return cut(std::exchange(cutting_, {}));
}

Result<void> LakeIntake::cut(std::vector<TimeUs> hours) {
  cutting_ = std::move(hours);
  const Seq committed = open_.first_open_seq(cutting_, position() + 1) - 1;
  LakeChange change{committed, {}, {}};
  for (const TimeUs hour_us : cutting_) {
    EventFile& file = open_.file(hour_us);
    auto content = file.finish();
    if (!content) return content.error();
    LakeFile entry;
    entry.name = event_file_name(hour_us, file.first_seq(), file.last_seq());
    entry.hour_us = hour_us;
    entry.first_seq = file.first_seq();
    entry.last_seq = file.last_seq();
    entry.rows = file.rows();
    entry.bytes = content->size();
    entry.hash = hash64(*content, 0);
    if (auto fault = failpoint("lake.before_put"); !fault) return fault;
    if (auto put = visible_.put(entry, *content); !put) return put;
    if (auto fault = failpoint("lake.after_put"); !fault) return fault;
    change.added.push_back(std::move(entry));
  }
  if (change.added.empty() && committed == visible_.committed()) return {};
  if (auto published = visible_.publish(change); !published) return published;
  for (const LakeFile& file : change.added) {
    metrics().rows.add(file.rows);
    metrics().bytes.add(file.bytes);
    metrics().files.add(1);
    open_.close(file.hour_us);
  }
  cutting_.clear();
  ++published_;
  while (!hour_marks_.empty() && hour_marks_.begin()->second <= committed)
    hour_marks_.erase(hour_marks_.begin());
  open_hours_ = open_.size();
  open_bytes_ = open_.memory_bytes();
  return {};
}

}  // namespace adbacus
