#include "eventlog/embedded/id_sidecar.hpp"

#include <array>

#include "base/logging.hpp"

namespace adbacus {
namespace {

constexpr std::uint64_t kFileMagic = 0x0a31534449424441ULL;  // "ADBIDS1\n"
constexpr std::uint32_t kWideChunkMagic = 0xADB51D5U;        // whole keys; read, no longer written
constexpr std::uint32_t kChunkMagic = 0xADB51D6U;
constexpr std::size_t kFileHeaderBytes = 64;
constexpr std::size_t kChunkHeaderBytes = 48;
constexpr std::size_t kCrcAt = 4;      // in a chunk; covers all behind it
constexpr std::size_t kCountsAt = 28;  // four u32: live, conversion, transaction, import run
constexpr std::size_t kWideKeyBytes = 16;
constexpr std::size_t kKeyBytes = sizeof(PackedId);
constexpr std::size_t kReadBytes = std::size_t{4} << 20U;
constexpr std::uint32_t kKeysMax = 1U << 20U;  // of one kind in a chunk; a group is far below

std::string file_header(const SegmentHeader& segment) {
  std::string bytes(kFileHeaderBytes, '\0');
  store_le(bytes.data(), kFileMagic);
  store_le(bytes.data() + 8, segment.first_seq);
  std::memcpy(bytes.data() + 16, segment.identity.uuid.data(), kUuidBytes);
  store_le(bytes.data() + 48, segment.identity.hash_seed);
  store_le(bytes.data() + 60, crc32c(0, bytes.data(), 60));
  return bytes;
}

// 0: these bytes do not begin a chunk.
std::size_t key_bytes_of(std::uint32_t chunk_magic) {
  if (chunk_magic == kChunkMagic) return kKeyBytes;
  return chunk_magic == kWideChunkMagic ? kWideKeyBytes : 0;
}

void unpack_keys(const char* from, std::size_t key_bytes, std::vector<Hash128>& keys) {
  if (key_bytes == kWideKeyBytes) {
    if (!keys.empty()) std::memcpy(keys.data(), from, keys.size() * kWideKeyBytes);
    return;
  }
  for (Hash128& key : keys) {
    key = load_le<PackedId>(from).key();
    from += kKeyBytes;
  }
}

char* pack_keys(const std::vector<Hash128>& keys, char* to) {
  for (const Hash128& key : keys) {
    store_le(to, PackedId::of(key));
    to += kKeyBytes;
  }
  return to;
}

// Reads the file forward in large pieces; a chunk is looked at in place.
class ChunkReader {
 public:
  ChunkReader(File& file, std::uint64_t offset) : file_(file), offset_(offset) {}
  std::uint64_t offset() const { return offset_; }

  // False where the bytes stop being a valid chunk.
  bool next(SidecarChunk& out) {
    if (!have(kChunkHeaderBytes)) return false;
    const char* at = here();
    const std::size_t key_bytes = key_bytes_of(load_le<std::uint32_t>(at));
    if (key_bytes == 0) return false;
    const auto counts = load_le<std::array<std::uint32_t, 4>>(at + kCountsAt);
    std::size_t keys = 0;
    for (const std::uint32_t count : counts) {
      if (count > kKeysMax) return false;
      keys += count;
    }
    const std::size_t size = kChunkHeaderBytes + keys * key_bytes;
    if (!have(size)) return false;
    at = here();
    if (load_le<std::uint32_t>(at + kCrcAt) != crc32c(0, at + 8, size - 8)) return false;
    out.first_seq = load_le<Seq>(at + 8);
    out.time_us = load_le<TimeUs>(at + 16);
    out.count = load_le<std::uint32_t>(at + 24);
    at += kChunkHeaderBytes;
    std::size_t kind = 0;
    for (auto* list :
         {&out.ids.live, &out.ids.conversion, &out.ids.transaction, &out.ids.import_run}) {
      list->resize(counts[kind]);
      unpack_keys(at, key_bytes, *list);
      at += counts[kind++] * key_bytes;
    }
    offset_ += size;
    return true;
  }

 private:
  const char* here() const { return window_.data() + (offset_ - begin_); }
  bool have(std::size_t size) {
    if (offset_ + size <= begin_ + window_.size()) return true;
    window_.resize(std::max(size, kReadBytes));
    begin_ = offset_;
    auto got = file_.read_at(offset_, std::as_writable_bytes(std::span(window_)));
    window_.resize(got ? *got : 0);
    return window_.size() >= size;
  }

  File& file_;
  std::uint64_t offset_;
  std::uint64_t begin_ = 0;
  std::string window_;
};

}  // namespace

SidecarExtent load_id_sidecar(FileSystem& fs, const std::string& path, const SegmentHeader& segment,
                              Seq end_seq, const std::function<void(const SidecarChunk&)>& visit) {
  SidecarExtent extent{.next_seq = segment.first_seq, .offset = 0};
  auto file = fs.open(path, OpenMode::read);
  if (!file) return extent;
  std::string header(kFileHeaderBytes, '\0');
  auto got = (*file)->read_at(0, std::as_writable_bytes(std::span(header)));
  if (!got || *got != kFileHeaderBytes || header != file_header(segment)) return extent;
  extent.offset = kFileHeaderBytes;
  ChunkReader reader(**file, kFileHeaderBytes);
  SidecarChunk chunk;
  while (reader.next(chunk)) {
    if (chunk.first_seq != extent.next_seq || chunk.first_seq + chunk.count > end_seq) break;
    visit(chunk);
    extent.next_seq += chunk.count;
    extent.offset = reader.offset();
  }
  return extent;
}

std::optional<LogIdentity> read_sidecar_identity(FileSystem& fs, const std::string& path) {
  auto file = fs.open(path, OpenMode::read);
  if (!file) return std::nullopt;
  std::string bytes(kFileHeaderBytes, '\0');
  auto got = (*file)->read_at(0, std::as_writable_bytes(std::span(bytes)));
  if (!got || *got != kFileHeaderBytes) return std::nullopt;
  SegmentHeader header;
  header.first_seq = load_le<Seq>(bytes.data() + 8);
  header.identity.uuid = bytes.substr(16, kUuidBytes);
  header.identity.hash_seed = load_le<std::uint64_t>(bytes.data() + 48);
  if (bytes != file_header(header)) return std::nullopt;
  return header.identity;
}

IdCounts estimate_id_sidecar(FileSystem& fs, const std::string& path) {
  IdCounts counts;
  auto file = fs.open(path, OpenMode::read);
  if (!file) return counts;
  auto size = (*file)->size();
  std::string sample(std::size_t{1} << 20U, '\0');
  auto got = (*file)->read_at(0, std::as_writable_bytes(std::span(sample)));
  if (!size || !got || *got <= kFileHeaderBytes) return counts;
  std::array<std::uint64_t, 4> seen{};
  std::size_t at = kFileHeaderBytes;
  while (at + kChunkHeaderBytes <= *got) {
    const std::size_t key_bytes = key_bytes_of(load_le<std::uint32_t>(&sample[at]));
    if (key_bytes == 0) break;
    const auto chunk = load_le<std::array<std::uint32_t, 4>>(&sample[at + kCountsAt]);
    at += kChunkHeaderBytes;
    for (std::size_t kind = 0; kind < chunk.size(); ++kind) {
      if (chunk[kind] > kKeysMax) return counts;
      seen[kind] += chunk[kind];
      at += chunk[kind] * key_bytes;
    }
  }
  if (at == kFileHeaderBytes) return counts;
  const double scale = static_cast<double>(*size) / static_cast<double>(at);
  const auto scaled = [&](std::size_t kind) {
    return static_cast<std::size_t>(static_cast<double>(seen[kind]) * scale);
  };
  return {scaled(0), scaled(1), scaled(2), scaled(3)};
}

void IdSidecarWriter::open(FileSystem& fs, const std::string& path, const SegmentHeader& segment,
                           const SidecarExtent& extent) {
  file_.reset();
  auto file = fs.open(path, extent.offset == 0 ? OpenMode::truncate : OpenMode::read_write);
  if (!file) {
    log_warn("id sidecar is off: a restart will decode this segment",
             {{"path", path}, {"error", file.error().message}});
    return;
  }
  file_ = std::move(*file);
  offset_ = extent.offset;
  if (extent.offset == 0) {
    write(file_header(segment));
  } else if (auto cut = file_->resize(extent.offset); !cut) {
    file_.reset();  // chunks of a lost tail would stand behind ours
  }
}

void IdSidecarWriter::append(Seq first_seq, std::uint32_t count, TimeUs time_us,
                             const NewIds& ids) {
  if (!file_) return;
  const std::array lists = {&ids.live, &ids.conversion, &ids.transaction, &ids.import_run};
  std::size_t keys = 0;
  for (const auto* list : lists) keys += list->size();
  buffer_.resize(kChunkHeaderBytes + keys * kKeyBytes);
  char* at = buffer_.data();
  store_le(at, kChunkMagic);
  store_le(at + 8, first_seq);
  store_le(at + 16, time_us);
  store_le(at + 24, count);
  store_le(at + 44, std::uint32_t{0});
  std::size_t kind = 0;
  char* key = at + kChunkHeaderBytes;
  for (const auto* list : lists) {
    store_le(at + kCountsAt + 4 * kind++, static_cast<std::uint32_t>(list->size()));
    key = pack_keys(*list, key);
  }
  store_le(at + kCrcAt, crc32c(0, at + 8, buffer_.size() - 8));
  write(buffer_);
}

SidecarExtent IdSidecarWriter::extent(Seq next_seq) const {
  return {.next_seq = next_seq, .offset = file_ ? offset_ : 0};
}

void IdSidecarWriter::write(std::string_view bytes) {
  if (auto written = file_->write_at(offset_, std::as_bytes(std::span(bytes))); !written) {
    log_warn("id sidecar is off until the next segment: a restart will decode the rest",
             {{"error", written.error().message}});
    file_.reset();
    return;
  }
  offset_ += bytes.size();
}

}  // namespace adbacus
