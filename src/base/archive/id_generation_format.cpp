#include "base/archive/id_generation_format.hpp"

#include <cassert>
#include <cstring>

namespace adbacus {
namespace {

constexpr std::string_view kMagic = "ADBIDG1\n";
constexpr std::uint64_t kShardIdsMax = std::uint64_t{1} << 20U;
constexpr std::size_t kShardBytes = 40;
constexpr std::size_t kDirectoryCrcAt = 48;  // in the footer
constexpr std::size_t kLabelSizeAt = 52;
constexpr std::size_t kLabelAt = 64;
constexpr std::size_t kPeriodsAt = kLabelAt + kIdLabelBytesMax;
constexpr std::size_t kFooterCrcAt = kIdPageBytes - 4;
static_assert(kPeriodsAt + kIdPeriodsMax * 8 <= kFooterCrcAt);

template <class T>
void put(char* at, T value) {
  std::memcpy(at, &value, sizeof value);  // the build's only targets are little-endian
}
template <class T>
T get(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

std::size_t padded(std::size_t bytes) {
  return (bytes + kIdPageBytes - 1) / kIdPageBytes * kIdPageBytes;
}

Error corrupt(std::string what) {
  return {ErrorCode::corrupt, std::move(what)};
}

}  // namespace

std::uint64_t IdGenerationInfo::alive(std::uint32_t now, std::uint32_t window) const {
  std::uint64_t sum = 0;
  for (std::uint32_t i = 0; i < kIdPeriodsMax; ++i) {
    if (std::int64_t{first_period} + i + window >= std::int64_t{now}) sum += ids_of_period[i];
  }
  return sum;
}

unsigned id_shard_bits_for(std::uint64_t ids) {
  unsigned bits = 0;
  while (bits < kIdShardBitsMax && ids >> bits > kShardIdsMax) ++bits;
  return bits;
}

std::string encode_id_directory(const IdGenerationDirectory& directory, std::uint64_t offset) {
  const IdGenerationInfo& info = directory.info;
  assert(info.label.size() <= kIdLabelBytesMax);
  const std::size_t directory_bytes = padded(directory.shards.size() * kShardBytes);
  std::string bytes(directory_bytes + kIdPageBytes, '\0');
  char* at = bytes.data();
  for (const IdShard& shard : directory.shards) {
    put(at, shard.offset);
    put(at + 8, shard.pages);
    put(at + 12, shard.resident_crc);
    put(at + 16, shard.filter.seed);
    put(at + 24, shard.filter.segment_bits);
    put(at + 28, shard.filter.segment_count);
    at += kShardBytes;
  }
  char* footer = bytes.data() + directory_bytes;
  std::memcpy(footer, kMagic.data(), kMagic.size());
  put(footer + 8, std::uint32_t{1});
  put(footer + 12, static_cast<std::uint32_t>(directory.shard_bits));
  put(footer + 16, info.ids);
  put(footer + 24, info.first_period);
  put(footer + 28, info.last_period);
  put(footer + 32, offset);
  put(footer + 40, std::uint64_t{offset + bytes.size()});
  put(footer + kDirectoryCrcAt, crc32c(0, bytes.data(), directory_bytes));
  put(footer + kLabelSizeAt, static_cast<std::uint32_t>(info.label.size()));
  std::memcpy(footer + kLabelAt, info.label.data(), info.label.size());
  std::memcpy(footer + kPeriodsAt, info.ids_of_period.data(), kIdPeriodsMax * 8);
  put(footer + kFooterCrcAt, crc32c(0, footer, kFooterCrcAt));
  return bytes;
}

Result<IdDirectoryPlace> decode_id_footer(std::string_view footer, std::uint64_t file_bytes,
                                          IdGenerationDirectory& out) {
  if (footer.size() != kIdPageBytes || !footer.starts_with(kMagic)) {
    return corrupt("it is no generation of ids");
  }
  const char* at = footer.data();
  if (get<std::uint32_t>(at + kFooterCrcAt) != crc32c(0, at, kFooterCrcAt)) {
    return corrupt("its footer is damaged");
  }
  if (const auto version = get<std::uint32_t>(at + 8); version != 1) {
    return corrupt("its version is " + std::to_string(version));
  }
  out.shard_bits = get<std::uint32_t>(at + 12);
  IdGenerationInfo& info = out.info;
  info.ids = get<std::uint64_t>(at + 16);
  info.first_period = get<std::uint32_t>(at + 24);
  info.last_period = get<std::uint32_t>(at + 28);
  const auto label_bytes = get<std::uint32_t>(at + kLabelSizeAt);
  if (get<std::uint64_t>(at + 40) != file_bytes || out.shard_bits > kIdShardBitsMax ||
      label_bytes > kIdLabelBytesMax || info.last_period < info.first_period ||
      info.last_period - info.first_period >= kIdPeriodsMax) {
    return corrupt("its footer makes no sense");
  }
  info.label.assign(at + kLabelAt, label_bytes);
  std::memcpy(info.ids_of_period.data(), at + kPeriodsAt, kIdPeriodsMax * 8);
  out.shards.assign(std::size_t{1} << out.shard_bits, {});
  const IdDirectoryPlace place{.offset = get<std::uint64_t>(at + 32),
                               .bytes = padded(out.shards.size() * kShardBytes),
                               .crc = get<std::uint32_t>(at + kDirectoryCrcAt)};
  if (place.offset + place.bytes + kIdPageBytes != file_bytes) {
    return corrupt("its footer makes no sense");
  }
  return place;
}

Result<void> decode_id_directory(std::string_view bytes, std::uint32_t crc,
                                 IdGenerationDirectory& out) {
  if (crc32c(0, bytes.data(), bytes.size()) != crc) {
    return corrupt("its directory is damaged");
  }
  const char* at = bytes.data();
  for (IdShard& shard : out.shards) {
    shard.offset = get<std::uint64_t>(at);
    shard.pages = get<std::uint32_t>(at + 8);
    shard.resident_crc = get<std::uint32_t>(at + 12);
    shard.filter.seed = get<std::uint64_t>(at + 16);
    shard.filter.segment_bits = get<std::uint32_t>(at + 24);
    shard.filter.segment_count = get<std::uint32_t>(at + 28);
    if (shard.filter.segment_bits > 30) return corrupt("its directory makes no sense");
    at += kShardBytes;
  }
  return {};
}

}  // namespace adbacus
