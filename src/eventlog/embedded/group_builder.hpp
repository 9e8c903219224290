// Turns the entries of one commit group into the bytes of its records: a mark, then one record per
// partition in ascending order, entries of a partition in their order of arrival. Owned by the
// commit sequence; one thread.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "eventlog/embedded/segment_format.hpp"

namespace adbacus {

// Entries [begin, end) of one batch, committed together.
struct AppendSlice {
  const AppendBatch* batch = nullptr;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  Disposition* dispositions = nullptr;  // of entry `begin` and on; decided before building
  Seq last_seq = 0;                     // out: greatest seq of the slice's entries
};

struct GroupPlace {
  Seq first_seq = 0;
  Seq synced_seq = 0;
  TimeUs time_us = 0;
  std::uint16_t epoch = 0;
  std::uint64_t offset = 0;  // in the segment
};

class GroupBuilder {
 public:
  // Upper bound of a group's bytes.
  static std::size_t bytes_max(std::size_t entries, std::size_t event_bytes);

  void build(std::span<AppendSlice> slices, const GroupPlace& place);
  // A group of one control entry.
  void build_control(const ControlEntry& entry, const GroupPlace& place);
  std::uint32_t count() const { return count_; }
  std::string_view records() const { return std::string_view(buffer_).substr(0, bytes_); }
  // records() and zeros up to the next page boundary of the segment: whole pages are written, so
  // the kernel never has to read a page back from disk to change a part of it.
  std::string_view padded() const { return buffer_; }

 private:
  struct PartitionGroup {
    std::uint32_t count = 0;
    std::uint32_t bytes = 0;
    char* cursor = nullptr;
    char* record = nullptr;
    Seq first_seq = 0;
    Seq next_seq = 0;
  };
  void measure(std::span<const AppendSlice> slices);
  void make_buffer(const GroupPlace& place);
  void put_mark(const GroupPlace& place);
  void place_records(const GroupPlace& place);
  void copy_entries(std::span<AppendSlice> slices);

  std::array<PartitionGroup, kPartitions> partitions_;
  std::string buffer_;
  std::size_t bytes_ = 0;
  std::uint32_t count_ = 0;
};

// An entry's bytes in a record: varint (length * 8 + disposition), then the event.
struct EntryView {
  std::string_view bytes;
  Disposition disposition = Disposition::counted;
};
// Takes one entry off the front of `payload`; false if its bytes make no sense.
bool take_entry(std::string_view& payload, EntryView& out);

}  // namespace adbacus
