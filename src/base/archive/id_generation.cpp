#include "base/archive/id_generation.hpp"

#include <algorithm>

#include "base/parallel.hpp"

namespace adbacus {
namespace {

constexpr std::uint32_t kCursorPages = 256;
constexpr std::size_t kHugePageBytes = std::size_t{2} << 20U;

}  // namespace

Error IdGeneration::corrupt(const std::string& what) const {
  return {ErrorCode::corrupt, path_ + ": " + what};
}

Result<void> IdGeneration::read_exactly(std::uint64_t offset, std::span<char> out) const {
  auto got = file_->read_at(offset, std::as_writable_bytes(out));
  if (!got) return got.error();
  if (*got != out.size()) return corrupt("it is cut short");
  return {};
}

Result<std::shared_ptr<const IdGeneration>> IdGeneration::open(FileSystem& fs,
                                                               const std::string& path,
                                                               unsigned threads) {
  auto generation = std::make_shared<IdGeneration>();
  generation->path_ = path;
  auto file = fs.open(path, OpenMode::read);
  if (!file) return file.error();
  generation->file_ = std::move(*file);
  auto size = generation->file_->size();
  if (!size) return size.error();
  generation->file_bytes_ = *size;
  if (auto loaded = generation->load(threads); !loaded) return loaded.error();
  return std::shared_ptr<const IdGeneration>(std::move(generation));
}

Result<void> IdGeneration::load(unsigned threads) {
  if (file_bytes_ < kIdPageBytes) return corrupt("it is cut short");
  std::string bytes(kIdPageBytes, '\0');
  if (auto read = read_exactly(file_bytes_ - kIdPageBytes, bytes); !read) return read;
  auto place = decode_id_footer(bytes, file_bytes_, directory_);
  if (!place) return corrupt(place.error().message);
  bytes.resize(place->bytes);
  if (auto read = read_exactly(place->offset, bytes); !read) return read;
  if (auto good = decode_id_directory(bytes, place->crc, directory_); !good) {
    return corrupt(good.error().message);
  }
  std::vector<std::size_t> starts;
  std::size_t total = 0;
  std::uint64_t end = 0;
  for (const IdShard& shard : directory_.shards) {
    if (shard.offset != end) return corrupt("its directory makes no sense");
    end = shard.resident_offset() + shard.resident_bytes();
    starts.push_back(total);
    total += shard.resident_bytes();
  }
  if (end != place->offset) return corrupt("its directory makes no sense");
  if (total > kHugePageBytes)
    total = (total + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
  if (total > 0) resident_ = HugeBlock(total);
  views_.resize(directory_.shards.size());
  std::vector<Result<void>> results(views_.size());
  run_parallel(threads, views_.size(), [&](std::size_t i) {
    const IdShard& shard = directory_.shards[i];
    char* at = static_cast<char*>(resident_.data()) + starts[i];
    const std::span part(at, shard.resident_bytes());
    results[i] = read_exactly(shard.resident_offset(), part);
    if (results[i] && crc32c(0, at, part.size()) != shard.resident_crc) {
      results[i] = corrupt("its filter is damaged");
    }
    views_[i] = {shard.filter, reinterpret_cast<const std::uint8_t*>(at) + shard.filter_at(),
                 reinterpret_cast<const std::uint32_t*>(at)};
  });
  for (auto& result : results) {
    if (!result) return result;
  }
  return {};
}

IdGeneration::PageRun IdGeneration::pages_of(const Hash128& key) const {
  const IdShard& shard = directory_.shards[id_shard_of(key.high, directory_.shard_bits)];
  const std::span firsts(view_of(key).first_keys, shard.pages);
  const auto wanted =
      static_cast<std::uint32_t>(id_in_shard(key.high, directory_.shard_bits) >> 32U);
  const auto begin = std::lower_bound(firsts.begin(), firsts.end(), wanted);
  const auto end = std::upper_bound(begin, firsts.end(), wanted);
  // What is not less than the page's first key may also stand at the end of the page before.
  const std::int64_t from = std::max<std::int64_t>(begin - firsts.begin() - 1, 0);
  return {shard.offset + static_cast<std::uint64_t>(from) * kIdPageBytes,
          static_cast<std::uint32_t>(end - firsts.begin() - from)};
}

void IdGeneration::will_read(const Hash128& key) const {
  const PageRun run = pages_of(key);
  const std::uint64_t end = run.offset + std::uint64_t{run.pages} * kIdPageBytes;
  if (run.pages > 0) file_->will_read(end - kIdPageBytes, end);
}

Result<std::optional<std::uint32_t>> IdGeneration::find(const Hash128& key,
                                                        std::uint64_t& pages_read) const {
  const PageRun run = pages_of(key);
  alignas(64) char bytes[kIdPageBytes];
  const std::span<char, kIdPageBytes> page(bytes);
  for (std::uint32_t i = run.pages; i > 0; --i) {
    const std::uint64_t offset = run.offset + std::uint64_t{i - 1} * kIdPageBytes;
    if (auto read = read_exactly(offset, page); !read) return read.error();
    ++pages_read;
    if (!is_id_page_whole(page)) return corrupt("page at " + std::to_string(offset));
    const auto period = find_in_id_page(page, directory_.info.first_period, key);
    if (period) return std::optional(*period);
  }
  return std::optional<std::uint32_t>();
}

IdGeneration::Cursor::Cursor(std::shared_ptr<const IdGeneration> generation)
    : generation_(std::move(generation)) {}

Result<void> IdGeneration::Cursor::next(std::vector<ArchivedId>& out) {
  out.clear();
  const auto& shards = generation_->directory_.shards;
  while (shard_ < shards.size() && page_ == shards[shard_].pages) {
    ++shard_;
    page_ = 0;
  }
  if (shard_ == shards.size()) return {};
  const std::uint32_t count = std::min(kCursorPages, shards[shard_].pages - page_);
  const std::uint64_t offset = shards[shard_].offset + std::uint64_t{page_} * kIdPageBytes;
  bytes_.resize(std::size_t{count} * kIdPageBytes);
  if (auto read = generation_->read_exactly(offset, bytes_); !read) return read;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::span<const char, kIdPageBytes> page(bytes_.data() + i * kIdPageBytes, kIdPageBytes);
    if (!is_id_page_whole(page)) {
      return generation_->corrupt("page at " + std::to_string(offset + i * kIdPageBytes));
    }
    read_id_page(page, generation_->info().first_period, out);
  }
  page_ += count;
  generation_->file_->forget_cached(offset, offset + bytes_.size());
  return {};
}

}  // namespace adbacus
