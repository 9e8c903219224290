#include "eventlog/embedded/gap_segment.hpp"

#include <fmt/core.h>
#include <utility>

#include "base/logging.hpp"
#include "eventlog/embedded/segment_scan.hpp"

namespace adbacus {

Result<Segment> write_gap_segment(FileSystem& fs, const std::string& folder, SegmentHeader header,
                                  SeqRange missing, const Digest& link) {
  Segment segment;
  segment.path = folder + "/" + segment_file_name(missing.first);
  segment.header = std::move(header);
  segment.header.first_seq = missing.first;
  segment.header.segment_bytes = 3 * kPageBytes;
  const TimeUs time_us = segment.header.previous_time_us;
  const Gap gap{.from = kPageBytes,
                .to = kPageBytes + kRecordBytesMin,
                .seq = missing.first,
                .missing = missing.last - missing.first + 1,
                .time_us = time_us,
                .epoch = segment.header.epoch};
  segment.footer = SegmentFooter{.number = segment.header.number,
                                 .entries = gap.missing,
                                 .first_seq = missing.first,
                                 .last_seq = missing.last,
                                 .first_time_us = time_us,
                                 .last_time_us = time_us,
                                 .data_end = gap.to,
                                 .import_ids = 0,
                                 .flags = SegmentFooter::kLossAccepted,
                                 .link = link};
  log_warn(
      "accepted loss: a segment is replaced by a gap",
      {{"first", fmt::format("{}", missing.first)}, {"last", fmt::format("{}", missing.last)}});
  const std::string temp = segment.path + ".tmp";
  auto file = fs.open(temp, OpenMode::truncate);
  if (!file) return file.error();
  const std::string head = encode_segment_header(segment.header);
  const std::string foot = encode_segment_footer(*segment.footer, segment.header.identity);
  auto done = (*file)->resize(segment.header.segment_bytes);
  if (done) done = (*file)->write_at(0, std::as_bytes(std::span(head)));
  if (done) done = (*file)->write_at(2 * kPageBytes, std::as_bytes(std::span(foot)));
  if (done) done = write_gap(**file, gap);
  (void)fs.remove(sidecar_path(segment.path));  // first: a crash must not leave gap and ids
  if (done) done = fs.rename(temp, segment.path);
  if (done) done = fs.sync_folder(folder);
  if (!done) return done.error();
  return segment;
}

}  // namespace adbacus
