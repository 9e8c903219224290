#include "eventlog/embedded/group_builder.hpp"

#include <algorithm>
#include <cassert>

namespace adbacus {
namespace {

constexpr std::uint32_t kDispositionBits = 3;
constexpr std::size_t kPrefixBytesMax = 4;  // of an entry of at most 2^25 bytes

std::uint32_t prefix_bytes(std::uint32_t value) {
  return 1U + static_cast<std::uint32_t>(value >= 1U << 7U) +
         static_cast<std::uint32_t>(value >= 1U << 14U) +
         static_cast<std::uint32_t>(value >= 1U << 21U);
}

char* put_prefix(char* at, std::uint32_t value) {
  while (value >= 0x80) {
    *at++ = static_cast<char>(value | 0x80U);
    value >>= 7U;
  }
  *at++ = static_cast<char>(value);
  return at;
}

std::uint32_t prefix_of(const EntryMeta& entry, Disposition disposition) {
  return (entry.length << kDispositionBits) | static_cast<std::uint32_t>(disposition);
}

}  // namespace

std::size_t GroupBuilder::bytes_max(std::size_t entries, std::size_t event_bytes) {
  return kMarkRecordBytes + kPartitions * kRecordBytesMin + entries * kPrefixBytesMax + event_bytes;
}

void GroupBuilder::measure(std::span<const AppendSlice> slices) {
  partitions_.fill({});
  count_ = 0;
  for (const AppendSlice& slice : slices) {
    const EntryMeta* entries = slice.batch->entries.data();
    for (std::uint32_t i = slice.begin; i < slice.end; ++i) {
      const EntryMeta& entry = entries[i];
      PartitionGroup& group = partitions_[entry.partition];
      ++group.count;
      group.bytes += entry.length + prefix_bytes(prefix_of(entry, Disposition::counted));
    }
    count_ += slice.end - slice.begin;
  }
}

void GroupBuilder::place_records(const GroupPlace& place) {
  bytes_ = kMarkRecordBytes;
  for (const PartitionGroup& group : partitions_) {
    if (group.count > 0) bytes_ += kRecordBytesMin + group.bytes;
  }
  make_buffer(place);
  put_mark(place);
  char* at = buffer_.data() + kMarkRecordBytes;
  Seq seq = place.first_seq;
  for (PartitionGroup& group : partitions_) {
    if (group.count == 0) continue;
    group.record = at;
    group.first_seq = seq;
    group.next_seq = seq;
    store_le(at + kRecordHeaderBytes, group.count);
    group.cursor = at + kRecordBytesMin;
    at += kRecordBytesMin + group.bytes;
    seq += group.count;
  }
}

void GroupBuilder::make_buffer(const GroupPlace& place) {
  const std::uint64_t end = place.offset + bytes_;
  const std::size_t padding =
      static_cast<std::size_t>((kPageBytes - end % kPageBytes) % kPageBytes);
  buffer_.resize(bytes_ + padding);
  std::memset(buffer_.data() + bytes_, 0, padding);
}

void GroupBuilder::put_mark(const GroupPlace& place) {
  char* at = buffer_.data();
  store_le(at + kRecordHeaderBytes, std::uint32_t{0});
  store_le(at + kRecordBytesMin, place.synced_seq);
  seal_record({.flags = record_flag::mark,
               .payload_bytes = kCountBytes + 8,
               .seq = place.first_seq,
               .time_us = place.time_us,
               .epoch = place.epoch,
               .partition = kNoPartition},
              at);
}

void GroupBuilder::copy_entries(std::span<AppendSlice> slices) {
  for (AppendSlice& slice : slices) {
    const EntryMeta* entries = slice.batch->entries.data();
    const char* bytes = slice.batch->bytes.data();
    Seq last = 0;
    for (std::uint32_t i = slice.begin; i < slice.end; ++i) {
      const EntryMeta& entry = entries[i];
      PartitionGroup& group = partitions_[entry.partition];
      group.cursor =
          put_prefix(group.cursor, prefix_of(entry, slice.dispositions[i - slice.begin]));
      std::memcpy(group.cursor, bytes + entry.offset, entry.length);
      group.cursor += entry.length;
      last = std::max(last, group.next_seq++);
    }
    slice.last_seq = last;
  }
}

void GroupBuilder::build(std::span<AppendSlice> slices, const GroupPlace& place) {
  measure(slices);
  place_records(place);
  copy_entries(slices);
  for (std::size_t p = 0; p < partitions_.size(); ++p) {
    const PartitionGroup& group = partitions_[p];
    if (group.count == 0) continue;
    assert(group.cursor == group.record + kRecordBytesMin + group.bytes);
    seal_record({.flags = 0,
                 .payload_bytes = static_cast<std::uint32_t>(kCountBytes) + group.bytes,
                 .seq = group.first_seq,
                 .time_us = place.time_us,
                 .epoch = place.epoch,
                 .partition = static_cast<Partition>(p)},
                group.record);
  }
}

void GroupBuilder::build_control(const ControlEntry& entry, const GroupPlace& place) {
  const std::size_t body = kControlHeadBytes + entry.payload.size();
  count_ = 1;
  bytes_ = kMarkRecordBytes + kRecordBytesMin + body;
  make_buffer(place);
  put_mark(place);
  char* record = buffer_.data() + kMarkRecordBytes;
  store_le(record + kRecordHeaderBytes, std::uint32_t{1});
  char* at = record + kRecordBytesMin;
  store_le(at, entry.kind);
  store_le(at + 1, entry.version);
  std::memcpy(at + kControlHeadBytes, entry.payload.data(), entry.payload.size());
  seal_record({.flags = record_flag::control,
               .payload_bytes = static_cast<std::uint32_t>(kCountBytes + body),
               .seq = place.first_seq,
               .time_us = place.time_us,
               .epoch = place.epoch,
               .partition = kNoPartition},
              record);
}

bool take_entry(std::string_view& payload, EntryView& out) {
  std::uint32_t value = 0;
  std::size_t used = 0;
  for (;;) {
    if (used == payload.size() || used == kPrefixBytesMax) return false;
    const auto byte = static_cast<unsigned char>(payload[used]);
    value |= static_cast<std::uint32_t>(byte & 0x7FU) << (7 * used);
    ++used;
    if (byte < 0x80) break;
  }
  const std::uint32_t length = value >> kDispositionBits;
  const std::uint32_t disposition = value & ((1U << kDispositionBits) - 1);
  if (disposition > static_cast<std::uint32_t>(Disposition::duplicate_differs)) return false;
  if (length > payload.size() - used) return false;
  out.bytes = payload.substr(used, length);
  out.disposition = static_cast<Disposition>(disposition);
  payload.remove_prefix(used + length);
  return true;
}

}  // namespace adbacus
