#include "eventlog/embedded/recovery.hpp"

#include <algorithm>
#include <cassert>
#include <fmt/core.h>
#include <limits>

#include "base/failpoint.hpp"
#include "base/logging.hpp"
#include "base/rng.hpp"
#include "eventlog/embedded/id_recovery.hpp"
#include "eventlog/embedded/kept_import_ids.hpp"
#include "eventlog/embedded/segment_chain.hpp"
#include "eventlog/embedded/segment_scan.hpp"
#include "eventlog/embedded/segment_scanner.hpp"

namespace adbacus {
namespace {

LogIdentity random_identity() {
  return {.uuid = fmt::format("{:016x}{:016x}", secure_random_u64(), secure_random_u64()),
          .hash_seed = secure_random_u64()};
}

class Recovery {
 public:
  Recovery(FileSystem& fs, const EmbeddedLogOptions& options, SegmentList& list, Deduplication& ids)
      : fs_(fs), options_(options), list_(list), ids_(ids) {}

  Result<RecoveredLog> run() {
    if (auto read = read_notes(); !read) return read.error();
    auto chain = read_segment_chain(fs_, options_, start_, known_durable());
    if (!chain) return chain.error();
    if (chain->segments.empty()) return new_log();
    segments_ = std::move(chain->segments);
    found_.identity = segments_[0].header.identity;
    if (clean_ && clean_->uuid != found_.identity.uuid) {
      return Error{ErrorCode::corrupt, "the clean-stop note belongs to another log"};
    }
    if (auto whole = verify_sealed(); !whole) return whole.error();
    if (auto read = open_last(); !read) return read.error();
    if (auto there = check_required(); !there) return there.error();
    publish();
    auto kept = restore_kept_import_ids(fs_, options_.folder, found_.identity, ids_);
    if (!kept) return kept.error();
    auto restored = restore_ids(fs_, segments_, found_.active, ids_);
    if (!restored) return restored.error();
    return std::move(found_);
  }

 private:
  Result<void> read_notes() {
    auto start = read_note(fs_, options_.folder, kStartNote);
    if (!start) return start.error();
    auto clean = read_note(fs_, options_.folder, kCleanStopNote);
    if (!clean) return clean.error();
    if (start->is_damaged) log_warn("the note where the log begins is damaged: segments tell it");
    if (clean->is_damaged) {
      log_warn("the note of a stop in order is damaged: the log is taken as after a crash");
    }
    start_ = std::move(start->note);
    clean_ = std::move(clean->note);
    return {};
  }

  Seq known_durable() const {
    return std::max(options_.known_durable_seq, clean_ ? clean_->seq : 0);
  }

  Result<RecoveredLog> new_log() {
    const Seq durable = known_durable();
    if (durable > 0) return lost_log({.first = 1, .last = durable}, "there is no segment");
    if (options_.required_from.value_or(1) > 1) {
      return Error{ErrorCode::corrupt, "the log is empty and events of it are still needed"};
    }
    found_.identity = options_.new_identity ? *options_.new_identity : random_identity();
    return std::move(found_);
  }

  // The oldest event that somebody still needs is gone: whatever we did next would be a gap.
  Result<void> check_required() const {
    const Seq first = segments_.front().header.first_seq;
    if (!options_.required_from || *options_.required_from >= first) return {};
    return Error{ErrorCode::corrupt,
                 fmt::format("events {}-{} are still needed and no longer in the log",
                             *options_.required_from, first - 1)};
  }

  // Those with gaps are always read: what was lost is told at every start.
  Result<void> verify_sealed() {
    for (std::size_t i = 0; i + 1 < segments_.size(); ++i) {
      const SegmentFooter& footer = *segments_[i].footer;
      const bool holds_gap = (footer.flags & SegmentFooter::kLossAccepted) != 0;
      const bool named = loss_may_lie_in(footer.first_seq, footer.last_seq);
      if (!options_.verify_sealed && !holds_gap && !named) continue;
      auto file = fs_.open(segments_[i].path, OpenMode::read_write);
      if (!file) return file.error();
      auto checked = check_sealed(**file, segments_[i]);
      if (!checked) return checked.error();
      note_losses(*checked);
    }
    return {};
  }

  void note_losses(const SegmentScan& scan) {
    found_.losses.insert(found_.losses.end(), scan.gaps.begin(), scan.gaps.end());
  }

  Result<SegmentScan> check_sealed(File& file, Segment& segment) {
    SegmentFooter& footer = *segment.footer;
    auto forgotten = forget_lost_ids(segment, footer.last_seq);
    if (!forgotten) return forgotten.error();
    auto scan = scan_and_repair(
        file, segment, footer.data_end,
        {.durable_seq = footer.last_seq, .accept_loss = options_.accept_loss, .is_sealed = true});
    if (!scan) return scan.error();
    const SeqRange all{.first = footer.first_seq, .last = footer.last_seq};
    if (scan->broken || scan->next_seq != footer.last_seq + 1 ||
        scan->end_offset != footer.data_end) {
      return damaged_range(all, segment.path + ": records and footer do not fit");
    }
    const auto& before = segment.header.previous_link;
    ChainHash chain = scan->chain;
    const bool as_sealed = chain.finish(before, footer, found_.identity) == footer.link;
    if (as_sealed || (footer.flags & SegmentFooter::kLossAccepted) != 0) return scan;
    if (scan->gaps.empty()) return damaged_range(all, segment.path + ": contents were replaced");
    footer.flags |= SegmentFooter::kLossAccepted;
    if (auto written = rewrite_footer(file, segment); !written) return written.error();
    return scan;
  }

  bool loss_may_lie_in(Seq first, Seq last) const {
    const auto& loss = options_.accept_loss;
    return loss && first <= loss->last && loss->first <= last;
  }

  // What is lost may be sent again, so its ids must not be known: they are rebuilt from what is
  // left. Before the gap is written: a crash in between must not leave both.
  Result<void> forget_lost_ids(const Segment& segment, Seq last) {
    if (!loss_may_lie_in(segment.header.first_seq, last)) return {};
    auto removed = fs_.remove(sidecar_path(segment.path));
    const bool gone = removed || removed.error().code == ErrorCode::not_found;
    return gone ? Result<void>() : removed;
  }

  Result<void> rewrite_footer(File& file, const Segment& segment) {
    const std::string page = encode_segment_footer(*segment.footer, found_.identity);
    const std::uint64_t at = segment.header.segment_bytes - kPageBytes;
    if (auto written = file.write_at(at, std::as_bytes(std::span(page))); !written) return written;
    return file.sync();
  }

  Result<void> open_last() {
    Segment& last = segments_.back();
    auto file = fs_.open(last.path, OpenMode::read_write);
    if (!file) return file.error();
    ActiveSegment& active = found_.active;
    active.file = std::move(*file);
    active.header = last.header;
    durable_seq_ = std::max(known_durable(), last.header.first_seq - 1);
    auto scan = last.footer ? check_sealed(*active.file, last) : scan_tail(*active.file, last);
    if (!scan) return scan.error();
    if (last.footer && durable_seq_ > last.footer->last_seq) {
      return damaged_range({.first = last.footer->last_seq + 1, .last = durable_seq_},
                           "the segment behind " + last.path + " is missing");
    }
    active.end_offset = scan->end_offset;
    active.next_seq = scan->next_seq;
    active.first_time_us = scan->first_time_us;
    active.last_time_us = scan->last_time_us;
    active.holds_gap = !scan->gaps.empty();
    note_losses(*scan);
    active.holds_controls = scan->holds_controls;
    active.chain = scan->chain;
    active.sealed = last.footer.has_value();
    if (active.sealed) active.link = last.footer->link;
    // After 65,535 opens it stays: stale bytes are zeroed at each recovery, and the epoch is only a
    // second line of defence.
    const bool highest = scan->epoch == std::numeric_limits<std::uint16_t>::max();
    found_.epoch = highest ? scan->epoch : static_cast<std::uint16_t>(scan->epoch + 1);
    const bool clean = clean_ && clean_->seq + 1 == active.next_seq;
    return clean ? Result<void>() : rewrite_unsure_bytes(*active.file, last, *scan);
  }

  Result<SegmentScan> scan_tail(File& file, const Segment& last) {
    const std::uint64_t limit = last.header.segment_bytes - kPageBytes;
    auto forgotten = forget_lost_ids(last, std::numeric_limits<Seq>::max());
    if (!forgotten) return forgotten.error();
    auto scan = scan_and_repair(file, last, limit,
                                {.durable_seq = durable_seq_, .accept_loss = options_.accept_loss});
    if (!scan) return scan;
    // The footer's page too: a torn footer may stand there.
    auto dirt =
        find_nonzero(file, scan->broken ? scan->end_offset : limit, last.header.segment_bytes);
    if (!dirt) return dirt.error();
    if (*dirt == last.header.segment_bytes) return scan;
    log_warn("cut a torn tail off the log: events that were never acknowledged",
             {{"path", last.path},
              {"offset", fmt::format("{}", scan->end_offset)},
              {"next_seq", fmt::format("{}", scan->next_seq)}});
    if (auto fault = failpoint("log.recovery.before_zero"); !fault) return fault.error();
    auto zeroed = write_zeros(file, scan->end_offset, last.header.segment_bytes);
    if (zeroed) zeroed = failpoint("log.recovery.after_zero_before_sync");
    if (zeroed) zeroed = file.sync();
    if (!zeroed) return zeroed.error();
    return scan;
  }

  // The page cache may show bytes that a failed sync left off the disk and marked clean: write them
  // again, so that what is read now is what the next power cut leaves.
  Result<void> rewrite_unsure_bytes(File& file, const Segment& last, const SegmentScan& scan) {
    constexpr std::size_t kStepBytes = std::size_t{1} << 20U;
    for (std::uint64_t at = scan.newest_mark_offset; at < scan.end_offset; at += kStepBytes) {
      const auto size =
          static_cast<std::size_t>(std::min<std::uint64_t>(kStepBytes, scan.end_offset - at));
      auto bytes = read_range(file, at, size);
      if (!bytes) return bytes.error();
      auto written = file.write_at(at, std::as_bytes(std::span(*bytes)));
      if (!written) return written;
    }
    if (auto fault = failpoint("log.recovery.after_rewrite_before_sync"); !fault) return fault;
    if (last.footer) return rewrite_footer(file, last);
    return file.sync();
  }

  void publish() {
    for (const Segment& segment : segments_) list_.add(segment);
    const ActiveSegment& active = found_.active;
    list_.publish(active.next_seq - 1, active.last_time_us, active.end_offset);
  }

  FileSystem& fs_;
  const EmbeddedLogOptions& options_;
  SegmentList& list_;
  Deduplication& ids_;
  std::optional<LogNote> start_;
  std::optional<LogNote> clean_;
  std::vector<Segment> segments_;
  Seq durable_seq_ = 0;
  RecoveredLog found_;
};

}  // namespace

Result<RecoveredLog> recover_log(FileSystem& fs, const EmbeddedLogOptions& options,
                                 SegmentList& list, Deduplication& ids) {
  return Recovery(fs, options, list, ids).run();
}

}  // namespace adbacus
