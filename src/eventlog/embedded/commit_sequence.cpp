#include "eventlog/embedded/commit_sequence.hpp"

#include <algorithm>
#include <cassert>
#include <fmt/core.h>

#include "base/failpoint.hpp"
#include "base/logging.hpp"
#include "base/metrics.hpp"
#include "eventlog/embedded/kept_import_ids.hpp"
#include "eventlog/embedded/log_notes.hpp"
#include "eventlog/embedded/recovery.hpp"

namespace adbacus {
namespace {

constexpr std::uint64_t kFreeBytesMin = std::uint64_t{2} << 30U;
constexpr std::uint64_t kFreeShare = 20;                            // 5 %
constexpr std::uint64_t kSpareLeadBytes = std::uint64_t{8} << 20U;  // filled ahead of any need
constexpr std::uint64_t kFillBytesPerS = std::uint64_t{16} << 20U;
constexpr TimeUs kClockStepUs = kMinuteUs;

struct GroupMetrics {
  Counter& groups = counter("adbacus_log_groups_total", "Commit groups made durable");
  Counter& bytes = counter("adbacus_log_bytes_total", "Bytes of records made durable");
  Counter& same = hits("duplicate_id");
  Counter& differs = hits("duplicate_differs");
  Counter& repeats = hits("repeat");
  Counter& transitions = hits("transition");

  static Counter& hits(std::string_view kind) {
    return counter("adbacus_dedupe_hits_total", "Events that were not the first of their kind",
                   fmt::format("kind=\"{}\"", kind));
  }
  void add(std::span<const AppendSlice> slices, std::size_t record_bytes) {
    std::array<std::uint64_t, 5> counts{};
    for (const AppendSlice& slice : slices) {
      for (std::uint32_t i = 0; i < slice.end - slice.begin; ++i) {
        ++counts[static_cast<std::size_t>(slice.dispositions[i])];
      }
    }
    groups.add();
    bytes.add(record_bytes);
    const auto add_some = [&](Counter& to, Disposition kind) {
      const std::uint64_t n = counts[static_cast<std::size_t>(kind)];
      if (n > 0) to.add(n);
    };
    add_some(same, Disposition::duplicate_id);
    add_some(differs, Disposition::duplicate_differs);
    add_some(repeats, Disposition::repeat);
    add_some(transitions, Disposition::transition);
  }
};

GroupMetrics& group_metrics() {
  static GroupMetrics metrics;
  return metrics;
}

}  // namespace

CommitSequence::CommitSequence(FileSystem& fs, Clock& clock, const EmbeddedLogOptions& options)
    : fs_(fs),
      clock_(clock),
      options_(options),
      spare_(fs, options.folder, options.segment_bytes),
      ids_(options.live_window_hours, options.conversion_window_days),
      seen_wall_us_(clock.wall_us()),
      seen_mono_us_(clock.mono_us()),
      fill_budget_bytes_(kSpareLeadBytes),
      fill_budget_us_(clock.mono_us()),
      grown_us_(clock.mono_us()) {}

Result<std::unique_ptr<CommitSequence>> CommitSequence::open(FileSystem& fs, Clock& clock,
                                                             const EmbeddedLogOptions& options) {
  if (const std::string wrong = check_embedded_log_options(options); !wrong.empty()) {
    return Error{ErrorCode::invalid_argument, wrong};
  }
  if (auto made = fs.make_folders(options.folder); !made) return made.error();
  auto lock = fs.lock(options.folder + "/lock");
  if (!lock) return lock.error();
  // A process killed between a rename and its folder sync leaves a name that is there for us and
  // gone after a power cut: nothing may be acknowledged into such a file.
  if (auto synced = fs.sync_folder(options.folder); !synced) return synced.error();
  std::unique_ptr<CommitSequence> sequence(new CommitSequence(fs, clock, options));
  sequence->lock_ = std::move(*lock);
  if (auto recovered = sequence->recover(); !recovered) return recovered.error();
  return sequence;
}

Result<void> CommitSequence::recover() {
  auto found = recover_log(fs_, options_, list_, ids_);
  if (!found) return found.error();
  identity_ = found->identity;
  losses_ = std::move(found->losses);
  const bool new_log = found->active.file == nullptr;
  writer_ = std::make_unique<SegmentWriter>(
      SegmentWriter::Parts{
          .fs = fs_, .clock = clock_, .folder = options_.folder, .list = list_, .spare = spare_},
      identity_, options_.segment_bytes, found->epoch, std::move(found->active));
  if (auto room = writer_->make_room(0); !room) {
    // A full disk must not keep what is there from being read; probe() tries again.
    if (new_log || room.error().code != ErrorCode::storage_full) return room;
    log_warn("no space for a new log segment", {{"error", room.error().message}});
  }
  auto start = read_note(fs_, options_.folder, kStartNote);
  if (!start) return start.error();
  if (!start->note || start->note->seq != list_.first_seq()) {
    const LogNote note{.uuid = identity_.uuid, .seq = list_.first_seq()};
    if (auto noted = write_note(fs_, options_.folder, kStartNote, note); !noted) return noted;
  }
  // From here on a stop is unclean until close().
  const std::string note = fmt::format("{}/{}", options_.folder, kCleanStopNote);
  auto stopped_clean = fs_.exists(note);
  if (!stopped_clean) return stopped_clean.error();
  if (*stopped_clean) {
    if (auto removed = fs_.remove(note); !removed) return removed;
    if (auto synced = fs_.sync_folder(options_.folder); !synced) return synced;
  }
  note_sizes();
  return {};
}

Result<void> CommitSequence::fail(const Error& error) {
  if (error.code == ErrorCode::storage_full) return error;
  failure_ = Error{ErrorCode::io, error.message};
  return failure_;
}

// Log time never goes back, whatever the wall clock does. A step of more than a minute in either
// direction shows in the status: for an hour, or for as long as the clock is behind the log.
TimeUs CommitSequence::next_time_us() {
  const TimeUs wall = clock_.wall_us();
  const TimeUs mono = clock_.mono_us();
  const TimeUs last = writer_->last_time_us();
  const TimeUs step = (wall - seen_wall_us_) - (mono - seen_mono_us_);
  seen_wall_us_ = wall;
  seen_mono_us_ = mono;
  if (step > kClockStepUs || step < -kClockStepUs) {
    stepped_until_us_ = mono + kHourUs;
    log_warn("the wall clock stepped", {{"step_us", fmt::format("{}", step)}});
  }
  clock_stepped_ = mono < stepped_until_us_ || wall < last - kClockStepUs;
  return std::max(wall, last);
}

Result<void> CommitSequence::commit(std::span<AppendSlice> slices) {
  if (!failure_) return failure_;
  std::size_t entries = 0;
  std::size_t event_bytes = 0;
  for (const AppendSlice& slice : slices) {
    entries += slice.end - slice.begin;
    for (std::uint32_t i = slice.begin; i < slice.end; ++i) {
      event_bytes += slice.batch->entries[i].length;
    }
  }
  assert(entries > 0 && entries <= kGroupEntriesMax);
  if (auto room = writer_->make_room(GroupBuilder::bytes_max(entries, event_bytes)); !room) {
    return fail(room.error());
  }
  if (auto written = write_group(slices); !written) {
    ids_.take_back();
    return fail(written.error());
  }
  return {};
}

Result<void> CommitSequence::write_group(std::span<AppendSlice> slices) {
  const TimeUs time_us = next_time_us();
  ids_.decide(slices, time_us);
  const Seq first_seq = writer_->next_seq();
  builder_.build(slices, next_place(time_us));
  auto written = writer_->write({.padded = builder_.padded(),
                                 .records = builder_.records(),
                                 .count = builder_.count(),
                                 .time_us = time_us,
                                 .import_ids = ids_.new_ids().import_run.size(),
                                 .is_control = false});
  if (!written) return written;
  writer_->append_sidecar(first_seq, builder_.count(), time_us, ids_.new_ids());
  group_metrics().add(slices, builder_.records().size());
  note_sizes();
  return {};
}

GroupPlace CommitSequence::next_place(TimeUs time_us) const {
  const Seq first_seq = writer_->next_seq();
  return {.first_seq = first_seq,
          .synced_seq = first_seq - 1,
          .time_us = time_us,
          .epoch = writer_->epoch(),
          .offset = writer_->end_offset()};
}

Result<Seq> CommitSequence::commit_control(const ControlEntry& entry) {
  if (!failure_) return failure_.error();
  assert(entry.payload.size() <= kControlBytesMax);
  const std::size_t bytes = GroupBuilder::bytes_max(1, kControlHeadBytes + entry.payload.size());
  if (auto room = writer_->make_room(bytes); !room) return fail(room.error()).error();
  const TimeUs time_us = next_time_us();
  const Seq seq = writer_->next_seq();
  builder_.build_control(entry, next_place(time_us));
  auto written = writer_->write({.padded = builder_.padded(),
                                 .records = builder_.records(),
                                 .count = 1,
                                 .time_us = time_us,
                                 .import_ids = 0,
                                 .is_control = entry.kind < kBulkControlMin});
  if (!written) return fail(written.error()).error();
  writer_->append_sidecar(seq, 1, time_us, {});
  group_metrics().add({}, builder_.records().size());
  note_sizes();
  return seq;
}

void CommitSequence::note_sizes() {
  active_bytes_.store(writer_->end_offset(), std::memory_order_relaxed);
  id_count_.store(ids_.size(), std::memory_order_relaxed);
  id_bytes_.store(ids_.memory_bytes(), std::memory_order_relaxed);
}

Result<std::uint64_t> CommitSequence::free_bytes_min() {
  if (options_.free_bytes_min) return *options_.free_bytes_min;
  auto space = fs_.space(options_.folder);
  if (!space) return space.error();
  return std::max(kFreeBytesMin, space->total_bytes / kFreeShare);
}

Result<void> CommitSequence::prepare_space() {
  auto wanted = free_bytes_min();
  if (!wanted) return wanted.error();
  auto free = fs_.free_bytes(options_.folder);
  if (!free) return free.error();
  if (*free < *wanted) {
    return Error{ErrorCode::storage_full,
                 fmt::format("{} has {} MiB free, less than the floor of {} MiB", options_.folder,
                             *free >> 20U, *wanted >> 20U)};
  }
  return fill_spare(*free - *wanted);
}

// Whether the log grew faster than segments are filled, when last looked at for a second.
bool CommitSequence::outruns_filling(TimeUs now) {
  const TimeUs elapsed_us = now - grown_us_;
  if (elapsed_us < kSecondUs) return outruns_filling_;
  const std::uint64_t bytes = active_bytes_.load(std::memory_order_relaxed);
  const auto fillable =
      kFillBytesPerS * static_cast<std::uint64_t>(elapsed_us / kMillisecondUs) / 1000;
  if (bytes >= grown_bytes_)
    outruns_filling_ = bytes - grown_bytes_ > fillable;  // else a new segment
  grown_us_ = now;
  grown_bytes_ = bytes;
  return outruns_filling_;
}

// A filled page spares each commit the allocation of its blocks (on ext4 with a journal 140 instead
// of 240 us a sync), but costs a second write of every byte and 120 ns of CPU an event. So filling
// has a fixed pace: a log of up to some 100,000 events a second finds its segments filled; a busier
// one writes into holes, where its larger groups make up for the longer syncs, and nothing is
// filled while it does. Nor does it fill the last of the disk, up to the floor.
Result<void> CommitSequence::fill_spare(std::uint64_t room_bytes) {
  const std::lock_guard lock(space_mutex_);
  const TimeUs now = clock_.mono_us();
  if (outruns_filling(now)) {
    fill_budget_us_ = now;
    return {};
  }
  const auto elapsed_ms = static_cast<std::uint64_t>((now - fill_budget_us_) / kMillisecondUs);
  fill_budget_us_ += static_cast<TimeUs>(elapsed_ms) * kMillisecondUs;
  fill_budget_bytes_ =
      std::min(fill_budget_bytes_ + elapsed_ms * (kFillBytesPerS / 1000), kSpareLeadBytes);
  const std::uint64_t filled = spare_.filled_bytes();
  const std::uint64_t wanted = 2 * active_bytes_.load(std::memory_order_relaxed) + kSpareLeadBytes;
  auto done = spare_.fill(std::min(wanted, filled + std::min(fill_budget_bytes_, room_bytes)));
  const std::uint64_t now_filled = std::max(spare_.filled_bytes(), filled);
  fill_budget_bytes_ -= std::min(fill_budget_bytes_, now_filled - filled);
  return done;
}

Result<void> CommitSequence::probe() {
  if (!failure_) return failure_;
  if (auto ready = writer_->probe(); !ready) return fail(ready.error());
  note_sizes();
  return {};
}

Result<void> CommitSequence::close() {
  if (!failure_) return failure_;
  spare_.discard();
  const LogNote note{.uuid = identity_.uuid, .seq = writer_->next_seq() - 1};
  return write_note(fs_, options_.folder, kCleanStopNote, note);
}

Result<std::vector<Segment>> CommitSequence::droppable(Seq before_seq, TimeUs before_us) {
  auto old = list_.droppable(before_seq, before_us);
  for (std::size_t i = 0; i < old.size(); ++i) {
    if (old[i].footer->import_ids == 0) continue;
    auto kept = keep_import_ids(fs_, options_.folder, old[i]);
    if (!kept) return kept.error();
    if (*kept) continue;
    log_warn("a segment is not dropped: the ids of its import runs are rebuilt at the next start",
             {{"path", old[i].path}});
    old.resize(i);
  }
  return old;
}

// The start note moves first: a crash in between leaves files that the next open removes.
Result<Seq> CommitSequence::drop_before(Seq before_seq, TimeUs before_us) {
  const std::lock_guard lock(drop_mutex_);
  const auto dropped = droppable(before_seq, before_us);
  if (!dropped) return dropped.error();
  const std::vector<Segment>& old = *dropped;
  if (old.empty()) return list_.first_seq();
  const Seq first = old.back().footer->last_seq + 1;
  if (auto fault = failpoint("log.drop.before_note"); !fault) return fault.error();
  const LogNote note{.uuid = identity_.uuid, .seq = first};
  if (auto noted = write_note(fs_, options_.folder, kStartNote, note); !noted) {
    return noted.error();
  }
  list_.forget_before(first);
  if (auto fault = failpoint("log.drop.after_note"); !fault) return fault.error();
  for (const Segment& segment : old) {
    if (auto removed = fs_.remove(segment.path); !removed) return removed.error();
    (void)fs_.remove(sidecar_path(segment.path));
  }
  if (auto synced = fs_.sync_folder(options_.folder); !synced) return synced.error();
  return first;
}

}  // namespace adbacus
