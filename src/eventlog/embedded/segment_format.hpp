// Bytes of a log segment: header page, records, footer page (docs/formats/log_segment.md).
// Used by the embedded log's writer, reader and recovery. Pure functions, free of threads.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/result.hpp"
#include "eventlog/event_log.hpp"

namespace adbacus {

inline constexpr std::size_t kPageBytes = 4096;
inline constexpr std::size_t kRecordHeaderBytes = 32;
inline constexpr std::size_t kCountBytes = 4;  // every payload opens with its entry count
inline constexpr std::uint32_t kPayloadBytesMax = 1U << 20U;
inline constexpr std::size_t kMarkRecordBytes = kRecordHeaderBytes + kCountBytes + 8;
inline constexpr std::size_t kControlHeadBytes = 2;  // kind, version
inline constexpr std::size_t kRecordBytesMin = kRecordHeaderBytes + kCountBytes;
inline constexpr std::uint32_t kUuidBytes = 32;
inline constexpr Partition kNoPartition = 0xFFFF;

using Digest = std::array<unsigned char, 32>;  // SHA-256

namespace record_flag {
inline constexpr std::uint8_t mark = 1U << 0U;     // opens a group: count 0, newest synced seq
inline constexpr std::uint8_t gap = 1U << 1U;      // accepted loss: count of the missing entries
inline constexpr std::uint8_t control = 1U << 2U;  // one control entry: kind, version, payload
inline constexpr std::uint8_t known = mark | gap | control;
}  // namespace record_flag

struct SegmentHeader {
  LogIdentity identity;
  std::uint64_t number = 0;  // 1 for the log's first segment, then one more each
  Seq first_seq = 0;
  TimeUs previous_time_us = 0;      // log time of the event before first_seq
  std::uint64_t segment_bytes = 0;  // of the whole file
  std::uint16_t epoch = 0;
  Digest previous_link{};  // the footer's link of the segment before; zero in the first
};

struct SegmentFooter {
  static constexpr std::uint32_t kLossAccepted =
      1;  // holds gaps: contents no longer match the link
  static constexpr std::uint32_t kHoldsControls = 2;  // below kBulkControlMin

  std::uint64_t number = 0;
  std::uint64_t entries = 0;  // last_seq - first_seq + 1
  Seq first_seq = 0;
  Seq last_seq = 0;
  TimeUs first_time_us = 0;
  TimeUs last_time_us = 0;
  std::uint64_t data_end = 0;  // offset behind the last record
  std::uint64_t import_ids = 0;
  std::uint32_t flags = 0;
  Digest link{};
};

std::uint32_t footer_flags(bool loss_accepted, bool holds_controls);

// Of a header or footer page: if not, its bytes changed since they were written.
bool page_checksum_fits(std::string_view page);
// kPageBytes each.
std::string encode_segment_header(const SegmentHeader& header);
Result<SegmentHeader> decode_segment_header(std::string_view page);
std::string encode_segment_footer(const SegmentFooter& footer, const LogIdentity& identity);
Result<SegmentFooter> decode_segment_footer(std::string_view page, const LogIdentity& identity);

struct RecordHeader {
  std::uint8_t flags = 0;
  std::uint32_t payload_bytes = 0;
  Seq seq = 0;
  TimeUs time_us = 0;
  std::uint16_t epoch = 0;
  Partition partition = kNoPartition;
};

// Writes the 32 bytes before a payload that is already in place; the CRC covers both.
void seal_record(const RecordHeader& header, char* record);

struct RecordView {
  RecordHeader header;
  std::uint32_t count = 0;   // entries; a gap's missing ones
  std::string_view payload;  // behind the count
  std::size_t bytes() const { return kRecordHeaderBytes + header.payload_bytes; }
  bool is_control() const { return (header.flags & record_flag::control) != 0; }
  bool is_data() const { return (header.flags & record_flag::known) == 0; }
  Seq next_seq() const { return header.seq + count; }
};

enum class RecordCheck {
  ok,
  end,         // zero header: nothing was written here yet
  incomplete,  // more bytes are needed; `needed` of them from the record's start
  bad,
};
// Looks at the record at the start of `bytes`.
RecordCheck check_record(std::string_view bytes, RecordView& out, std::size_t& needed);

// Newest synced seq told by a mark.
Seq mark_synced_seq(const RecordView& mark);

std::string segment_file_name(Seq first_seq);  // "<20 digits>.seg"
bool parse_segment_file_name(std::string_view name, Seq& first_seq);
std::string sidecar_path(const std::string& segment_path);  // .seg becomes .ids

template <class T>
void store_le(char* at, T value) {
  static_assert(std::is_trivially_copyable_v<T>);
  std::memcpy(at, &value, sizeof value);  // the build's only targets are little-endian
}
template <class T>
T load_le(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

}  // namespace adbacus
