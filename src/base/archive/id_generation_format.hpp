// What a generation file says of itself and where its parts lie; bytes in
// docs/formats/id_generation.md. Free functions; thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/archive/id_page.hpp"
#include "base/result.hpp"
#include "base/sketch/binary_fuse_filter.hpp"

namespace adbacus {

inline constexpr std::uint32_t kIdPeriodsMax = 256;   // that a generation can span
inline constexpr std::size_t kIdLabelBytesMax = 256;  // of a generation's label
inline constexpr unsigned kIdShardBitsMax = 12;

struct IdGenerationInfo {
  std::uint32_t first_period = 0;  // no id was seen before it or behind last_period
  std::uint32_t last_period = 0;
  std::string label = {};  // the owner's own statement: what the ids came from
  // Out of what was written:
  std::uint64_t ids = 0;
  std::array<std::uint64_t, kIdPeriodsMax> ids_of_period{};  // from first_period on

  bool is_expired(std::uint32_t now, std::uint32_t window) const {
    return std::int64_t{last_period} + window < std::int64_t{now};
  }
  std::uint64_t alive(std::uint32_t now, std::uint32_t window) const;
};

// The ids whose top bits are the shard's number: its pages, then its resident part (first keys of
// the pages, filter), both of whole pages.
struct IdShard {
  std::uint64_t offset = 0;
  std::uint32_t pages = 0;
  std::uint32_t resident_crc = 0;
  BinaryFuseShape filter;

  std::size_t filter_at() const { return std::size_t{pages} * sizeof(std::uint32_t); }
  std::size_t resident_bytes() const {
    const std::size_t used = filter_at() + filter.size_bytes();
    return (used + kIdPageBytes - 1) / kIdPageBytes * kIdPageBytes;
  }
  std::uint64_t resident_offset() const { return offset + std::uint64_t{pages} * kIdPageBytes; }
};

inline std::size_t id_shard_of(std::uint64_t high, unsigned shard_bits) {
  return shard_bits == 0 ? 0 : static_cast<std::size_t>(high >> (64 - shard_bits));
}
// What a shard's filter and its list of first keys go by.
inline std::uint64_t id_in_shard(std::uint64_t high, unsigned shard_bits) {
  return high << shard_bits;
}
// So that a shard holds half a million to a million ids.
unsigned id_shard_bits_for(std::uint64_t ids);

struct IdGenerationDirectory {
  IdGenerationInfo info;
  unsigned shard_bits = 0;
  std::vector<IdShard> shards;  // 2^shard_bits
};

// Directory and footer, from `offset` on to the file's end.
std::string encode_id_directory(const IdGenerationDirectory& directory, std::uint64_t offset);
// `footer`: the file's last page. Where the directory begins, and its bytes.
struct IdDirectoryPlace {
  std::uint64_t offset = 0;
  std::size_t bytes = 0;
  std::uint32_t crc = 0;
};
Result<IdDirectoryPlace> decode_id_footer(std::string_view footer, std::uint64_t file_bytes,
                                          IdGenerationDirectory& out);
// Behind decode_id_footer(), which says how much to read.
Result<void> decode_id_directory(std::string_view bytes, std::uint32_t crc,
                                 IdGenerationDirectory& out);

}  // namespace adbacus
