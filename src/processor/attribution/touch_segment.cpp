#include "processor/attribution/touch_segment.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <limits>

#include "base/breather.hpp"
#include "base/hash.hpp"

namespace adbacus {
namespace {

constexpr std::uint32_t kMagic = 0x54424441;  // "ADBT"
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kWriteBytes = 256U << 10U;  // between two breaths

struct Header {
  std::uint32_t magic;
  std::uint32_t version;
  std::uint64_t first_number;
  std::uint64_t records;
  std::uint64_t text_bytes;
  std::int64_t newest_log_us;
  std::int64_t earlier_newest_us;
  std::int64_t earlier_newest_log_us;
  std::uint64_t records_hash;
  std::uint64_t texts_hash;
  std::uint64_t header_hash;  // of the fields before
};
static_assert(sizeof(Header) == 80);

std::uint64_t hash_of(const Header& header) {
  return hash64({reinterpret_cast<const char*>(&header), offsetof(Header, header_hash)}, kMagic);
}

Result<void> read_all(File& file, std::uint64_t offset, void* to, std::size_t size) {
  auto done = file.read_at(offset, {static_cast<std::byte*>(to), size});
  if (!done) return done.error();
  if (*done != size) return Error{ErrorCode::corrupt, "touch segment: cut short"};
  return {};
}

Result<void> write_all(File& file, std::uint64_t offset, const void* from, std::size_t size) {
  return file.write_at(offset, {static_cast<const std::byte*>(from), size});
}

bool is_plausible(const Header& header, std::uint64_t file_bytes) {
  return header.magic == kMagic && header.version == kVersion &&
         header.header_hash == hash_of(header) && header.records <= kSegmentTouches &&
         header.first_number % kSegmentTouches == 0 &&
         file_bytes == sizeof(Header) + header.records * sizeof(TouchRecord) + header.text_bytes;
}

}  // namespace

TouchSegment::TouchSegment(std::uint64_t first_number, EarlierTouches earlier)
    : first_number_(first_number),
      earlier_(earlier),
      memory_(kSegmentTouches * sizeof(TouchRecord)) {
  assert(first_number % kSegmentTouches == 0);
}

std::string_view TouchSegment::text_of(const TouchRecord& record) const {
  if (record.text == kNoTouchText) return {};
  std::uint16_t size = 0;
  std::memcpy(&size, texts_.data() + record.text, sizeof(size));
  return {texts_.data() + record.text + sizeof(size), size};
}

Seq TouchSegment::last_seq() const {
  for (std::uint64_t i = size_; i > 0; --i) {
    const TouchBits bits = TouchBits::of(record(i - 1).seq_bits);
    if (!bits.is_copy) return bits.seq;
  }
  return 0;
}

void TouchSegment::add(const TouchRecord& record, std::string_view text, TimeUs log_us) {
  assert(!is_full() && text.size() <= std::numeric_limits<std::uint16_t>::max());
  TouchRecord& added = records()[size_++];
  added = record;
  added.text = kNoTouchText;
  newest_us_ = std::max(newest_us_, record.time_us);
  newest_log_us_ = std::max(newest_log_us_, log_us);
  if (text.empty()) return;
  const auto size = static_cast<std::uint16_t>(text.size());
  added.text = static_cast<std::uint32_t>(texts_.size());
  texts_.append(reinterpret_cast<const char*>(&size), sizeof(size));
  texts_.append(text);
}

// Texts of what is left out stay: they are few, and nobody finds them. So does its log time, which
// what follows reaches again.
void TouchSegment::cut(std::uint64_t size) {
  size_ = std::min(size, size_);
  newest_us_ = std::numeric_limits<TimeUs>::min();
  for (std::uint64_t i = 0; i < size_; ++i) newest_us_ = std::max(newest_us_, record(i).time_us);
}

Result<void> TouchSegment::write(FileSystem& files, const std::string& path) const {
  Header header{.magic = kMagic,
                .version = kVersion,
                .first_number = first_number_,
                .records = size_,
                .text_bytes = texts_.size(),
                .newest_log_us = newest_log_us_,
                .earlier_newest_us = earlier_.newest_us,
                .earlier_newest_log_us = earlier_.newest_log_us,
                .records_hash = hash64({reinterpret_cast<const char*>(records()),
                                        static_cast<std::size_t>(size_) * sizeof(TouchRecord)},
                                       kMagic),
                .texts_hash = hash64(texts_, kMagic),
                .header_hash = 0};
  header.header_hash = hash_of(header);
  const std::string unfinished = path + ".tmp";
  auto file = files.open(unfinished, OpenMode::truncate);
  if (!file) return file.error();
  const std::size_t record_bytes = static_cast<std::size_t>(size_) * sizeof(TouchRecord);
  if (auto ok = write_all(**file, 0, &header, sizeof(header)); !ok) return ok;
  for (std::size_t at = 0; at < record_bytes; at += kWriteBytes) {
    const std::size_t part = std::min(kWriteBytes, record_bytes - at);
    const char* const from = reinterpret_cast<const char*>(records()) + at;
    if (auto ok = write_all(**file, sizeof(header) + at, from, part); !ok) return ok;
    breathe();
  }
  if (auto ok = write_all(**file, sizeof(header) + record_bytes, texts_.data(), texts_.size()); !ok)
    return ok;
  file->reset();
  return files.rename(unfinished, path);
}

Result<std::unique_ptr<TouchSegment>> TouchSegment::read(FileSystem& files,
                                                         const std::string& path) {
  auto file = files.open(path, OpenMode::read);
  if (!file) return file.error();
  auto bytes = (*file)->size();
  if (!bytes) return bytes.error();
  Header header{};
  if (auto ok = read_all(**file, 0, &header, sizeof(header)); !ok) return ok.error();
  const Error damaged{ErrorCode::corrupt, "touch segment: damaged: " + path};
  if (!is_plausible(header, *bytes)) return damaged;
  const EarlierTouches earlier{header.earlier_newest_us, header.earlier_newest_log_us};
  auto segment = std::make_unique<TouchSegment>(header.first_number, earlier);
  segment->newest_log_us_ = header.newest_log_us;
  const auto record_bytes = static_cast<std::size_t>(header.records) * sizeof(TouchRecord);
  if (auto ok = read_all(**file, sizeof(header), segment->records(), record_bytes); !ok)
    return ok.error();
  segment->texts_.resize(header.text_bytes);
  if (auto ok = read_all(**file, sizeof(header) + record_bytes, segment->texts_.data(),
                         segment->texts_.size());
      !ok)
    return ok.error();
  const std::string_view records(reinterpret_cast<const char*>(segment->records()), record_bytes);
  if (hash64(records, kMagic) != header.records_hash ||
      hash64(segment->texts_, kMagic) != header.texts_hash)
    return damaged;
  segment->size_ = header.records;
  segment->cut(header.records);  // finds the newest time
  return segment;
}

}  // namespace adbacus
