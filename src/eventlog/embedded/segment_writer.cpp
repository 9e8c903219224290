#include "eventlog/embedded/segment_writer.hpp"

#include <algorithm>
#include <cassert>
#include <fmt/core.h>

#include "base/failpoint.hpp"
#include "base/logging.hpp"
#include "base/metrics.hpp"
#include "eventlog/embedded/segment_scanner.hpp"

namespace adbacus {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

}  // namespace

SegmentWriter::SegmentWriter(Parts parts, LogIdentity identity, std::uint64_t segment_bytes,
                             std::uint16_t epoch, ActiveSegment active)
    : parts_(std::move(parts)),
      identity_(std::move(identity)),
      segment_bytes_(segment_bytes),
      epoch_(epoch),
      active_(std::move(active)) {
  if (active_.file && !active_.sealed) {
    const std::string path = parts_.folder + "/" + segment_file_name(active_.header.first_seq);
    sidecar_.open(parts_.fs, sidecar_path(path), active_.header, active_.sidecar);
  }
}

Result<void> SegmentWriter::make_room(std::size_t bytes) {
  if (active_.file && !active_.sealed) {
    if (auto undone = zero_back(); !undone) return undone;
    if (active_.end_offset + bytes <= data_limit()) return {};
    if (auto sealed = seal(); !sealed) return sealed;
  }
  if (auto started = start_segment(); !started) return started;
  assert(active_.end_offset + bytes <= data_limit());
  return {};
}

Result<void> SegmentWriter::write(const Group& group) {
  if (auto fault = failpoint("log.group.before_write"); !fault) return fault;
  const std::uint64_t at = active_.end_offset;
  if (auto written = active_.file->write_at(at, bytes_of(group.padded)); !written) {
    dirty_end_ = at + group.padded.size();
    if (written.error().code == ErrorCode::storage_full) (void)zero_back();  // else before the next
    return written;
  }
  auto fault = failpoint("log.group.after_write_before_sync");
  if (!fault) {
    dirty_end_ = at + group.padded.size();
    return fault;
  }
  static Histogram& sync_time =
      histogram("adbacus_log_fsync_duration_seconds", "Time of one fdatasync of the event log");
  const TimeUs begin = parts_.clock.mono_us();
  auto synced = active_.file->sync();
  sync_time.record_us(static_cast<std::uint64_t>(parts_.clock.mono_us() - begin));
  if (!synced) {
    // Never repeated and never taken back: the kernel may have dropped the pages.
    return Error{ErrorCode::io, synced.error().message};
  }
  if (auto after = failpoint("log.group.after_sync_before_ack"); !after) {
    return Error{ErrorCode::io, after.error().message};
  }
  if (active_.next_seq == active_.header.first_seq) active_.first_time_us = group.time_us;
  if (group.is_control) parts_.list.note_control();
  parts_.list.publish(active_.next_seq + group.count - 1, group.time_us, at + group.records.size());
  active_.chain.update(group.records);
  active_.end_offset += group.records.size();
  active_.next_seq += group.count;
  active_.last_time_us = group.time_us;
  active_.import_ids += group.import_ids;
  active_.holds_controls |= group.is_control;
  return {};
}

void SegmentWriter::append_sidecar(Seq first_seq, std::uint32_t count, TimeUs time_us,
                                   const NewIds& ids) {
  sidecar_.append(first_seq, count, time_us, ids);
}

// Bytes of a group that found no space would follow the next, shorter group and parse.
Result<void> SegmentWriter::zero_back() {
  if (dirty_end_ <= active_.end_offset) return {};
  if (auto zeroed = write_zeros(*active_.file, active_.end_offset, dirty_end_); !zeroed) {
    return zeroed;
  }
  dirty_end_ = 0;
  return {};
}

Result<void> SegmentWriter::seal() {
  SegmentFooter footer{.number = active_.header.number,
                       .entries = active_.next_seq - active_.header.first_seq,
                       .first_seq = active_.header.first_seq,
                       .last_seq = active_.next_seq - 1,
                       .first_time_us = active_.first_time_us,
                       .last_time_us = active_.last_time_us,
                       .data_end = active_.end_offset,
                       .import_ids = active_.import_ids,
                       .flags = footer_flags(active_.holds_gap, active_.holds_controls),
                       .link = {}};
  ChainHash chain = active_.chain;  // a full disk may make us come here again
  footer.link = chain.finish(active_.header.previous_link, footer, identity_);
  if (auto fault = failpoint("log.roll.before_footer"); !fault) return fault;
  const std::string page = encode_segment_footer(footer, identity_);
  if (auto written = active_.file->write_at(data_limit(), bytes_of(page)); !written) return written;
  if (auto fault = failpoint("log.roll.after_footer_before_sync"); !fault) return fault;
  if (auto synced = active_.file->sync(); !synced) {
    return Error{ErrorCode::io, synced.error().message};
  }
  active_.link = footer.link;
  active_.sealed = true;
  parts_.list.seal(footer);
  return failpoint("log.roll.after_footer_sync");
}

Result<void> SegmentWriter::start_segment() {
  SegmentHeader header{.identity = identity_,
                       .number = active_.header.number + 1,
                       .first_seq = active_.next_seq,
                       .previous_time_us = active_.last_time_us,
                       .segment_bytes = segment_bytes_,
                       .epoch = epoch_,
                       .previous_link = active_.link};
  const std::string path = parts_.folder + "/" + segment_file_name(header.first_seq);
  auto file = parts_.spare.become(path, encode_segment_header(header));
  if (!file) return file.error();
  if (auto fault = failpoint("log.roll.after_rename_before_sync"); !fault) {
    return Error{ErrorCode::io, fault.error().message};
  }
  // The name may or may not be on disk now: going on could put two segments under it.
  if (auto named = parts_.fs.sync_folder(parts_.folder); !named) {
    return Error{ErrorCode::io, named.error().message};
  }
  ActiveSegment next;
  next.file = std::move(*file);
  next.header = header;
  next.next_seq = active_.next_seq;
  next.last_time_us = active_.last_time_us;
  active_ = std::move(next);
  dirty_end_ = 0;
  parts_.list.add({.path = path, .header = header, .footer = {}});
  sidecar_.open(parts_.fs, sidecar_path(path), header, {});
  log_info("log segment started", {{"number", fmt::format("{}", header.number)},
                                   {"first_seq", fmt::format("{}", header.first_seq)}});
  if (auto fault = failpoint("log.roll.after_folder_sync"); !fault) {
    return Error{ErrorCode::io, fault.error().message};
  }
  return {};
}

Result<void> SegmentWriter::probe() {
  if (!active_.file || active_.sealed) return make_room(0);
  return zero_back();
}

}  // namespace adbacus
