#include "eventlog/embedded/segment_reader.hpp"

#include <algorithm>
#include <fmt/core.h>

#include "eventlog/embedded/group_builder.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kControlScanBytes = std::size_t{4} << 20U;
constexpr std::size_t kReadBytesMin = std::size_t{64} << 10U;
constexpr std::size_t kReadBytesMax = std::size_t{64} << 20U;

bool add_entries(const RecordView& record, LogBatch& out) {
  LogRecord listed{.partition = record.header.partition,
                   .first_seq = record.header.seq,
                   .count = record.count,
                   .log_time_us = record.header.time_us,
                   .entries_begin = static_cast<std::uint32_t>(out.entries.size())};
  std::string_view payload = record.payload;
  EntryView entry;
  for (std::uint32_t i = 0; i < record.count; ++i) {
    if (!take_entry(payload, entry)) return false;
    out.entries.push_back({.bytes = entry.bytes, .disposition = entry.disposition});
  }
  out.records.push_back(listed);
  return payload.empty();
}

void add_control(const RecordView& record, LogBatch& out) {
  out.controls.push_back({.seq = record.header.seq,
                          .log_time_us = record.header.time_us,
                          .kind = load_le<std::uint8_t>(record.payload.data()),
                          .version = load_le<std::uint8_t>(record.payload.data() + 1),
                          .payload = record.payload.substr(kControlHeadBytes)});
}

}  // namespace

Result<void> SegmentReader::read(Seq from, std::size_t bytes_max, int wait_ms, LogBatch& out) {
  out.clear();
  from = std::max<Seq>(from, 1);
  out.next = from;
  if (from < list_.first_seq()) {
    return Error{ErrorCode::not_found, fmt::format("event {} is no longer in the log", from)};
  }
  if (list_.synced_seq() < from && !list_.wait_for(from, wait_ms)) return {};
  // A stretch may hold only a gap; go on behind it.
  while (out.empty() && out.next <= list_.synced_seq()) {
    if (auto found = seek(out.next); !found) return found;
    if (auto filled = fill(out.next, bytes_max, out); !filled) return filled;
  }
  return {};
}

// Opens the segment that holds `from` unless it is open, and refreshes how much of it is readable.
Result<void> SegmentReader::seek(Seq from) {
  auto place = list_.find(from);
  if (!place) return place.error();
  if (!file_ || place->number != place_.number) {
    auto file = fs_.open(place->path, OpenMode::read);
    if (!file) return file.error();
    file_ = std::move(*file);
    next_seq_ = 0;
  }
  place_ = std::move(*place);
  if (next_seq_ == from) return {};
  offset_ = place_.index->find(from);
  next_seq_ = offset_ == kPageBytes ? place_.first_seq : 0;  // 0: any record may stand there
  return {};
}

Result<void> SegmentReader::fill(Seq from, std::size_t bytes_max, LogBatch& out) {
  std::size_t size = std::clamp(bytes_max, kReadBytesMin, kReadBytesMax);
  while (out.empty() && offset_ < place_.end_offset) {
    const std::uint64_t room = place_.end_offset - offset_;
    out.buffer.resize(static_cast<std::size_t>(std::min<std::uint64_t>(size, room)));
    auto got = file_->read_at(offset_, std::as_writable_bytes(std::span(out.buffer)));
    if (!got) return got.error();
    if (*got < out.buffer.size()) return damage(out.next);
    std::size_t used = 0;
    std::size_t needed = 0;
    if (auto parsed = parse(from, bytes_max, out, used, needed); !parsed) return parsed;
    offset_ += used;
    if (used == 0 && needed > room) return damage(out.next);
    size = std::max(size, needed);
  }
  if (offset_ >= place_.end_offset) out.next = std::max(out.next, place_.last_seq + 1);
  next_seq_ = out.next;
  return {};
}

// Takes whole records out of the buffer until bytes_max of them are listed.
Result<void> SegmentReader::parse(Seq from, std::size_t bytes_max, LogBatch& out, std::size_t& used,
                                  std::size_t& needed) {
  const std::string_view buffer = out.buffer;
  std::size_t listed_bytes = 0;
  RecordView record;
  while (used < buffer.size()) {
    const RecordCheck check = check_record(buffer.substr(used), record, needed);
    if (check == RecordCheck::incomplete) return {};
    const bool expected = next_seq_ == 0 || record.header.seq == next_seq_;
    if (check != RecordCheck::ok || !expected) return damage(std::max(from, next_seq_));
    if (record.is_data() && record.next_seq() > from) {
      if (listed_bytes > 0 && listed_bytes + record.bytes() > bytes_max) return {};
      if (!add_entries(record, out)) return damage(record.header.seq);
      listed_bytes += record.bytes();
    } else if (record.is_control() && record.header.seq >= from) {
      if (listed_bytes > 0 && listed_bytes + record.bytes() > bytes_max) return {};
      add_control(record, out);
      listed_bytes += record.bytes();
    } else if ((record.header.flags & record_flag::mark) != 0) {
      place_.index->add(record.header.seq, offset_ + used);
    }
    next_seq_ = record.next_seq();
    out.next = std::max(out.next, next_seq_);
    used += record.bytes();
  }
  return {};
}

Result<void> SegmentReader::visit_controls(Seq from,
                                           const std::function<void(const LogControl&)>& visit) {
  LogBatch batch;
  for (const SegmentList::Place& place : list_.with_controls(from)) {
    for (Seq next = std::max(from, place.first_seq); next <= place.last_seq; next = batch.next) {
      if (auto got = read(next, kControlScanBytes, 0, batch); !got) return got;
      for (const LogControl& control : batch.controls) {
        const bool is_order = control.kind < kBulkControlMin;
        if (is_order && control.seq <= place.last_seq) visit(control);
      }
    }
  }
  return {};
}

Error SegmentReader::damage(Seq seq) const {
  return {ErrorCode::corrupt, fmt::format("events {}-{} cannot be read: {} is damaged", seq,
                                          place_.last_seq, place_.path)};
}

}  // namespace adbacus
