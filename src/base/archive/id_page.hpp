// One page of a generation: sorted ids in 4 KiB with a checksum (docs/formats/id_generation.md).
// Free functions over bytes; thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/archive/archived_id.hpp"

namespace adbacus {

inline constexpr std::size_t kIdPageBytes = 4096;

// Collects rising ids until a page is full. Owned by one thread.
class IdPageBuilder {
 public:
  // False: the page is full (or the id too far from its first one) and must be taken first.
  bool add(const ArchivedId& id);
  bool empty() const { return ids_.empty(); }
  std::uint64_t first_high() const { return ids_.front().high; }
  // Writes the page and starts the next one. Periods are kept as distances from `base_period`, at
  // most 255.
  void take(std::uint32_t base_period, std::span<char, kIdPageBytes> page);

 private:
  std::vector<ArchivedId> ids_;
  unsigned width_ = 1;  // bytes that hold the last id's distance from the first
};

bool is_id_page_whole(std::span<const char, kIdPageBytes> page);
// Of a whole page: the period in which the key was seen first.
std::optional<std::uint32_t> find_in_id_page(std::span<const char, kIdPageBytes> page,
                                             std::uint32_t base_period, const Hash128& key);
// Appends all ids of a whole page.
void read_id_page(std::span<const char, kIdPageBytes> page, std::uint32_t base_period,
                  std::vector<ArchivedId>& out);

}  // namespace adbacus
