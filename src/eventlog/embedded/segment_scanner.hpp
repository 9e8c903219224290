// Walks the records of one segment file, checking each one's checksum, and searches behind damage.
// Used by recovery, verification and sidecar rebuilding. One thread each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/file_system.hpp"
#include "eventlog/embedded/segment_format.hpp"

namespace adbacus {

class SegmentScanner {
 public:
  // Records in [offset, limit); both outlive the scanner.
  SegmentScanner(File& file, std::uint64_t offset, std::uint64_t limit)
      : file_(file), offset_(offset), limit_(limit) {}

  // The record at offset() and moves behind it; stays where it is unless the answer is ok. Never
  // answers incomplete. The view and bytes() hold until the next call.
  Result<RecordCheck> next(RecordView& out);
  std::uint64_t offset() const { return offset_; }
  std::string_view bytes() const { return last_; }  // the whole record that next() returned

 private:
  static constexpr std::size_t kWindowBytes = std::size_t{4} << 20U;
  Result<void> load(std::size_t needed);

  File& file_;
  std::uint64_t offset_;
  std::uint64_t limit_;
  std::uint64_t window_begin_ = 0;
  std::string window_;
  std::string_view last_;
};

struct FoundRecord {
  std::uint64_t offset = 0;
  RecordHeader header;
  Seq synced_seq = 0;  // of a mark
};
// First valid record in [from, limit) whose seq is `seq` or more.
Result<std::optional<FoundRecord>> find_record_behind(File& file, std::uint64_t from,
                                                      std::uint64_t limit, Seq seq);
// Greatest synced seq told by any valid mark in [from, limit); 0 if there is none.
Result<Seq> find_newest_mark(File& file, std::uint64_t from, std::uint64_t limit);

// Offset of the first byte in [from, limit) that is not zero; limit if all are.
Result<std::uint64_t> find_nonzero(File& file, std::uint64_t from, std::uint64_t limit);
Result<void> write_zeros(File& file, std::uint64_t from, std::uint64_t to);
// Up to `size` bytes; a short answer is the file's end.
Result<std::string> read_range(File& file, std::uint64_t offset, std::size_t size);

}  // namespace adbacus
