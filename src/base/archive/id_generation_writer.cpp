#include "base/archive/id_generation_writer.hpp"

#include <cassert>

namespace adbacus {
namespace {

constexpr std::size_t kWriteBytes = std::size_t{1} << 20U;
constexpr std::uint64_t kSyncBytes = std::uint64_t{16} << 20U;

}  // namespace

IdGenerationWriter::IdGenerationWriter(std::unique_ptr<File> file, const IdGenerationInfo& info,
                                       unsigned shard_bits)
    : file_(std::move(file)) {
  directory_.info.first_period = info.first_period;
  directory_.info.last_period = info.last_period;
  directory_.info.label = info.label;
  directory_.shard_bits = shard_bits;
  directory_.shards.resize(std::size_t{1} << shard_bits);
}

Result<IdGenerationWriter> IdGenerationWriter::create(FileSystem& fs, const std::string& path,
                                                      const IdGenerationInfo& info,
                                                      std::uint64_t ids_max) {
  assert(info.last_period >= info.first_period &&
         info.last_period - info.first_period < kIdPeriodsMax);
  auto file = fs.open(path, OpenMode::truncate);
  if (!file) return file.error();
  return IdGenerationWriter(std::move(*file), info, id_shard_bits_for(ids_max));
}

void IdGenerationWriter::take_page() {
  first_keys_.push_back(
      static_cast<std::uint32_t>(id_in_shard(page_.first_high(), directory_.shard_bits) >> 32U));
  const std::size_t at = buffer_.size();
  buffer_.resize(at + kIdPageBytes);
  page_.take(directory_.info.first_period,
             std::span<char, kIdPageBytes>(buffer_.data() + at, kIdPageBytes));
}

Result<void> IdGenerationWriter::add(std::span<const ArchivedId> ids) {
  IdGenerationInfo& info = directory_.info;
  for (const ArchivedId& id : ids) {
    const std::size_t shard = id_shard_of(id.high, directory_.shard_bits);
    assert(shard >= shard_);
    while (shard_ < shard) {
      if (auto closed = close_shard(); !closed) return closed;
    }
    if (!page_.add(id)) {
      take_page();
      page_.add(id);
      if (auto flushed = flush(kWriteBytes); !flushed) return flushed;
    }
    const std::uint64_t key = id_in_shard(id.high, directory_.shard_bits);
    if (keys_.empty() || keys_.back() != key) keys_.push_back(key);
    ++info.ids;
    ++info.ids_of_period[id.period - info.first_period];
  }
  return {};
}

// Behind the shard's pages goes what a reader keeps in memory.
Result<void> IdGenerationWriter::close_shard() {
  if (!page_.empty()) take_page();
  IdShard& shard = directory_.shards[shard_++];
  shard.pages = static_cast<std::uint32_t>(first_keys_.size());
  const std::uint64_t end = offset_ + buffer_.size();
  shard.offset = end - std::uint64_t{shard.pages} * kIdPageBytes;
  std::string resident(reinterpret_cast<const char*>(first_keys_.data()), shard.filter_at());
  auto filter = filter_.build(keys_, resident);
  if (!filter) return filter.error();
  shard.filter = *filter;
  resident.resize(shard.resident_bytes());
  shard.resident_crc = crc32c(0, resident.data(), resident.size());
  buffer_ += resident;
  first_keys_.clear();
  keys_.clear();
  return flush(kWriteBytes);
}

Result<void> IdGenerationWriter::flush(std::size_t at_least) {
  if (buffer_.size() < at_least) return {};
  if (auto written = file_->write_at(offset_, std::as_bytes(std::span(buffer_))); !written) {
    return written;
  }
  offset_ += buffer_.size();
  buffer_.clear();
  if (offset_ - synced_ < kSyncBytes) return {};
  if (auto synced = file_->sync(); !synced) return synced;
  file_->forget_cached(synced_, offset_);
  synced_ = offset_;
  return {};
}

Result<IdGenerationInfo> IdGenerationWriter::finish() {
  while (shard_ < directory_.shards.size()) {
    if (auto closed = close_shard(); !closed) return closed.error();
  }
  buffer_ += encode_id_directory(directory_, offset_ + buffer_.size());
  if (auto flushed = flush(0); !flushed) return flushed.error();
  if (auto synced = file_->sync(); !synced) return synced.error();
  return std::move(directory_.info);
}

}  // namespace adbacus
