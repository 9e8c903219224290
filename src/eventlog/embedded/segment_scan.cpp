#include "eventlog/embedded/segment_scan.hpp"

#include <algorithm>
#include <fmt/core.h>

#include "base/logging.hpp"
#include "eventlog/embedded/segment_scanner.hpp"

namespace adbacus {
namespace {

constexpr int kGapsMax = 1000;  // of one repair; more damage than that is a job for the backup

// A record that passes its checksum and still does not belong here: left over or misplaced.
bool follows(const RecordView& record, const SegmentScan& scan) {
  const RecordHeader& header = record.header;
  if (header.seq != scan.next_seq || header.epoch < scan.epoch) return false;
  if (header.time_us < scan.last_time_us) return false;
  const bool mark = (header.flags & record_flag::mark) != 0;
  return !mark || mark_synced_seq(record) < header.seq;
}

// A control entry that visit_controls() is to find.
bool is_order(const RecordView& record) {
  return record.is_control() && static_cast<std::uint8_t>(record.payload.front()) < kBulkControlMin;
}

void take(const RecordView& record, SegmentScan& scan) {
  const bool first = scan.first_time_us == 0 && record.count > 0;
  if (first) scan.first_time_us = record.header.time_us;
  scan.next_seq = record.next_seq();
  scan.last_time_us = record.header.time_us;
  scan.epoch = record.header.epoch;
  // A long gap is written in pieces, of which the first counts what is missing.
  const bool gap = (record.header.flags & record_flag::gap) != 0;
  if (gap && record.count > 0)
    scan.gaps.push_back({.first = record.header.seq, .last = record.next_seq() - 1});
  if (is_order(record)) scan.holds_controls = true;
}

bool covers(const std::optional<SeqRange>& accepted, SeqRange range) {
  return accepted && accepted->first <= range.first && range.last <= accepted->last;
}

}  // namespace

Result<SegmentScan> scan_segment(File& file, const Segment& segment, std::uint64_t limit) {
  SegmentScan scan;
  scan.next_seq = segment.header.first_seq;
  scan.last_time_us = segment.header.previous_time_us;
  scan.epoch = segment.header.epoch;
  SegmentScanner scanner(file, kPageBytes, limit);
  RecordView record;
  while (scanner.offset() < limit) {
    const std::uint64_t offset = scanner.offset();
    auto check = scanner.next(record);
    if (!check) return check.error();
    const bool good = *check == RecordCheck::ok && follows(record, scan);
    if (!good) {
      auto dirt = find_nonzero(file, scan.end_offset, limit);
      if (!dirt) return dirt.error();
      scan.broken = *dirt < limit;
      return scan;
    }
    if ((record.header.flags & record_flag::mark) != 0) {
      scan.newest_mark_seq = mark_synced_seq(record);
      scan.newest_mark_offset = offset;
      segment.index->add(record.header.seq, offset);
    }
    take(record, scan);
    if (is_order(record)) segment.index->note_control();
    scan.chain.update(scanner.bytes());
    scan.end_offset = scanner.offset();
  }
  return scan;
}

Error damaged_range(SeqRange range, const std::string& why) {
  return {ErrorCode::corrupt,
          fmt::format("acknowledged events {0}-{1} are damaged or missing: {2}. Restore the file "
                      "from a backup, or go on without them by --accept-loss={0}-{1}",
                      range.first, range.last, why)};
}

Error lost_log(SeqRange range, const std::string& why) {
  return {ErrorCode::corrupt,
          fmt::format("acknowledged events {}-{} are damaged or missing: {}. Nothing of the log is "
                      "left to go on with: restore a backup, or move the whole data folder away to "
                      "begin anew",
                      range.first, range.last, why)};
}

Result<void> write_gap(File& file, const Gap& gap) {
  RecordHeader header{.flags = record_flag::gap,
                      .payload_bytes = 0,
                      .seq = gap.seq,
                      .time_us = gap.time_us,
                      .epoch = gap.epoch,
                      .partition = kNoPartition};
  std::uint64_t missing = gap.missing;
  for (std::uint64_t at = gap.from; at < gap.to;) {
    // The last piece must leave room for a header: take half when two pieces remain.
    std::uint64_t size = gap.to - at;
    if (size > kPayloadBytesMax) size = std::min<std::uint64_t>(size / 2, kPayloadBytesMax);
    std::string record(static_cast<std::size_t>(size), '\0');
    header.payload_bytes = static_cast<std::uint32_t>(size - kRecordHeaderBytes);
    store_le(record.data() + kRecordHeaderBytes, static_cast<std::uint32_t>(missing));
    seal_record(header, record.data());
    auto written = file.write_at(at, std::as_bytes(std::span(record)));
    if (!written) return written;
    header.seq += missing;
    missing = 0;
    at += size;
  }
  return file.sync();
}

Result<SegmentScan> scan_and_repair(File& file, const Segment& segment, std::uint64_t limit,
                                    const RepairRules& rules) {
  for (int gaps = 0; gaps <= kGapsMax; ++gaps) {
    auto scan = scan_segment(file, segment, limit);
    if (!scan) return scan.error();
    Seq behind = 0;
    if (scan->broken) {
      auto mark = find_newest_mark(file, scan->end_offset, limit);
      if (!mark) return mark.error();
      behind = *mark;
    }
    const Seq durable = std::max({rules.durable_seq, scan->newest_mark_seq, behind});
    if (scan->next_seq > durable) return scan;
    // A fresh segment's durable_seq may lie before it; here the first missing event is next_seq.
    auto later = find_record_behind(file, scan->end_offset + 1, limit, scan->next_seq);
    if (!later) return later.error();
    const Seq last = *later ? std::max(scan->next_seq, (*later)->header.seq - 1) : durable;
    const SeqRange lost{.first = scan->next_seq, .last = last};
    const std::uint64_t end = rules.is_sealed ? limit : scan->end_offset + kRecordBytesMin;
    const std::uint64_t to = *later ? (*later)->offset : end;
    if (!covers(rules.accept_loss, lost) || to > limit || to < scan->end_offset + kRecordBytesMin) {
      const std::string where = fmt::format("{} from byte {}", segment.path, scan->end_offset);
      return damaged_range(lost, where);
    }
    if (!*later) {
      if (auto zeroed = write_zeros(file, scan->end_offset, limit); !zeroed) return zeroed.error();
    }
    log_warn("accepted loss: events are replaced by a gap",
             {{"first", fmt::format("{}", lost.first)}, {"last", fmt::format("{}", lost.last)}});
    const Seq next = *later ? (*later)->header.seq : last + 1;
    auto written = write_gap(file, {.from = scan->end_offset,
                                    .to = to,
                                    .seq = scan->next_seq,
                                    .missing = next - scan->next_seq,
                                    .time_us = scan->last_time_us,
                                    .epoch = scan->epoch});
    if (!written) return written.error();
  }
  return Error{ErrorCode::corrupt, fmt::format("{} is damaged in too many places", segment.path)};
}

}  // namespace adbacus
