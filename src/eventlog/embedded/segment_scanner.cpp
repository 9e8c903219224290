#include "eventlog/embedded/segment_scanner.hpp"

#include <algorithm>
#include <functional>

namespace adbacus {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{1} << 20U;
constexpr std::size_t kRecordBytesMax = kRecordHeaderBytes + kPayloadBytesMax;
constexpr std::string_view kRecordStart("\xB5\xAD\x01", 3);  // magic and version

bool all_zero(std::string_view bytes) {
  return bytes.empty() || (bytes[0] == 0 && bytes.substr(1) == bytes.substr(0, bytes.size() - 1));
}

// Calls fn(offset, record) for each valid record found at any offset; fn answers false to stop.
Result<void> search_records(File& file, std::uint64_t from, std::uint64_t limit,
                            const std::function<bool(std::uint64_t, const RecordView&)>& fn) {
  for (std::uint64_t at = from; at < limit; at += kChunkBytes) {
    // Overlaps the next chunk by a whole record, so a candidate in this chunk is complete.
    const std::uint64_t end = std::min(limit, at + kChunkBytes + kRecordBytesMax);
    auto read = read_range(file, at, static_cast<std::size_t>(end - at));
    if (!read) return read.error();
    const std::string_view chunk = *read;
    std::size_t hit = chunk.find(kRecordStart);
    while (hit != std::string_view::npos && hit < kChunkBytes) {
      RecordView record;
      std::size_t needed = 0;
      const bool good = check_record(chunk.substr(hit), record, needed) == RecordCheck::ok;
      if (good && !fn(at + hit, record)) return {};
      hit = chunk.find(kRecordStart, hit + 1);
    }
  }
  return {};
}

}  // namespace

Result<std::string> read_range(File& file, std::uint64_t offset, std::size_t size) {
  std::string bytes(size, '\0');
  auto got = file.read_at(offset, std::as_writable_bytes(std::span(bytes)));
  if (!got) return got.error();
  bytes.resize(*got);
  return bytes;
}

Result<void> SegmentScanner::load(std::size_t needed) {
  const std::uint64_t room = limit_ - offset_;
  const auto size =
      static_cast<std::size_t>(std::min<std::uint64_t>(room, std::max(needed, kWindowBytes)));
  auto read = read_range(file_, offset_, size);
  if (!read) return read.error();
  window_ = std::move(*read);
  window_begin_ = offset_;
  return {};
}

Result<RecordCheck> SegmentScanner::next(RecordView& out) {
  for (int attempt = 0; attempt < 3; ++attempt) {
    const bool inside =
        offset_ >= window_begin_ && offset_ <= window_begin_ + window_.size() && !window_.empty();
    std::string_view rest;
    if (inside) {
      rest = std::string_view(window_).substr(static_cast<std::size_t>(offset_ - window_begin_));
    }
    std::size_t needed = 0;
    const RecordCheck check = check_record(rest, out, needed);
    if (check != RecordCheck::incomplete) {
      if (check == RecordCheck::ok) {
        last_ = rest.substr(0, out.bytes());
        offset_ += out.bytes();
      }
      return check;
    }
    const std::uint64_t room = limit_ - offset_;
    if (room < needed || attempt == 2) return all_zero(rest) ? RecordCheck::end : RecordCheck::bad;
    if (auto loaded = load(needed); !loaded) return loaded.error();
  }
  return RecordCheck::bad;
}

Result<std::optional<FoundRecord>> find_record_behind(File& file, std::uint64_t from,
                                                      std::uint64_t limit, Seq seq) {
  std::optional<FoundRecord> found;
  auto searched =
      search_records(file, from, limit, [&](std::uint64_t offset, const RecordView& record) {
        if (record.header.seq < seq) return true;
        found = FoundRecord{.offset = offset, .header = record.header, .synced_seq = 0};
        return false;
      });
  if (!searched) return searched.error();
  return found;
}

Result<Seq> find_newest_mark(File& file, std::uint64_t from, std::uint64_t limit) {
  Seq newest = 0;
  auto searched = search_records(file, from, limit, [&](std::uint64_t, const RecordView& record) {
    if ((record.header.flags & record_flag::mark) != 0) {
      newest = std::max(newest, mark_synced_seq(record));
    }
    return true;
  });
  if (!searched) return searched.error();
  return newest;
}

Result<std::uint64_t> find_nonzero(File& file, std::uint64_t from, std::uint64_t limit) {
  std::string chunk(kChunkBytes, '\0');
  for (std::uint64_t at = from; at < limit; at += kChunkBytes) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(kChunkBytes, limit - at));
    auto got = file.read_at(at, std::as_writable_bytes(std::span(chunk.data(), size)));
    if (!got) return got.error();
    const std::string_view read = std::string_view(chunk).substr(0, *got);
    if (!all_zero(read)) return at + read.find_first_not_of('\0');
  }
  return limit;
}

Result<void> write_zeros(File& file, std::uint64_t from, std::uint64_t to) {
  const std::string zeros(kChunkBytes, '\0');
  for (std::uint64_t at = from; at < to; at += kChunkBytes) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(kChunkBytes, to - at));
    auto written = file.write_at(at, std::as_bytes(std::span(zeros.data(), size)));
    if (!written) return written;
  }
  return {};
}

}  // namespace adbacus
