#include "eventlog/embedded/header_repair.hpp"

#include "base/logging.hpp"
#include "eventlog/embedded/segment_scan.hpp"
#include "eventlog/embedded/segment_scanner.hpp"

namespace adbacus {
namespace {

std::optional<SegmentHeader> witnessed(const HeaderWitnesses& from, std::uint64_t size) {
  const bool whole_pages = size % kPageBytes == 0 && size >= 3 * kPageBytes;
  const bool known_place = from.before != nullptr || from.first_seq == 1;
  if (!whole_pages || !known_place) return std::nullopt;
  SegmentHeader header;
  header.identity = from.identity;
  header.first_seq = from.first_seq;
  header.segment_bytes = size;
  header.number = from.behind ? from.behind->number - 1 : 1;
  if (from.before == nullptr) return header;
  if (!from.behind) header.number = from.before->header.number + 1;
  header.previous_time_us = from.before->footer->last_time_us;
  header.previous_link = from.before->footer->link;
  return header;
}

// Epoch of the first record; nothing if that is not the record that has to be there.
Result<std::optional<std::uint16_t>> first_epoch(File& file, const SegmentHeader& header) {
  SegmentScanner scanner(file, kPageBytes, header.segment_bytes - kPageBytes);
  RecordView record;
  const auto check = scanner.next(record);
  if (!check) return check.error();
  const bool fits = *check == RecordCheck::ok && record.header.seq == header.first_seq &&
                    record.header.time_us >= header.previous_time_us;
  return fits ? std::optional(record.header.epoch) : std::nullopt;
}

Result<bool> footer_proves(File& file, const std::string& path, const SegmentHeader& header) {
  auto page = read_range(file, header.segment_bytes - kPageBytes, kPageBytes);
  if (!page) return page.error();
  const auto footer = decode_segment_footer(*page, header.identity);
  if (!footer || footer->first_seq != header.first_seq || footer->number != header.number) {
    return false;
  }
  if (footer->data_end > header.segment_bytes - kPageBytes) return false;
  Segment segment;
  segment.path = path;
  segment.header = header;
  auto scan = scan_segment(file, segment, footer->data_end);
  if (!scan) return scan.error();
  if (scan->next_seq != footer->last_seq + 1) return false;
  if ((footer->flags & SegmentFooter::kLossAccepted) != 0) return true;
  return scan->chain.finish(header.previous_link, *footer, header.identity) == footer->link;
}

}  // namespace

Result<std::optional<SegmentHeader>> repair_segment_header(File& file, const std::string& path,
                                                           const HeaderWitnesses& witnesses) {
  const auto size = file.size();
  if (!size) return size.error();
  auto header = witnessed(witnesses, *size);
  if (!header) return {std::nullopt};
  const auto epoch = first_epoch(file, *header);
  if (!epoch) return epoch.error();
  if (!*epoch) return {std::nullopt};
  header->epoch = **epoch;
  auto proved = footer_proves(file, path, *header);
  if (!proved) return proved.error();
  if (!*proved && witnesses.behind) return {std::nullopt};
  log_warn("rebuilt a damaged segment header", {{"path", path}});
  const std::string page = encode_segment_header(*header);
  auto written = file.write_at(0, std::as_bytes(std::span(page)));
  if (written) written = file.sync();
  if (!written) return written.error();
  return {header};
}

}  // namespace adbacus
