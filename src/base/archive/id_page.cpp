#include "base/archive/id_page.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace adbacus {
namespace {

// crc:u32 of all behind it, count:u16, width:u8, 0:u8, first:u64, then the ids: distance of high
// from `first` in `width` bytes, tail:3 bytes, period:u8.
constexpr std::size_t kCountAt = 4;
constexpr std::size_t kWidthAt = 6;
constexpr std::size_t kFirstAt = 8;
constexpr std::size_t kHeadBytes = 16;
constexpr std::size_t kTailBytes = 3;
constexpr std::size_t kRestBytes = kTailBytes + 1;

template <class T>
T load(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

unsigned width_of(std::uint64_t distance) {
  const unsigned bits = distance == 0 ? 1 : 64U - static_cast<unsigned>(__builtin_clzll(distance));
  return (bits + 7) / 8;
}

struct Layout {
  const char* page;
  std::size_t count;
  std::size_t width;
  std::uint64_t first;

  explicit Layout(const char* at)
      : page(at),
        count(load<std::uint16_t>(at + kCountAt)),
        width(static_cast<unsigned char>(at[kWidthAt])),
        first(load<std::uint64_t>(at + kFirstAt)) {}

  const char* at(std::size_t i) const { return page + kHeadBytes + i * (width + kRestBytes); }
  std::uint64_t distance(std::size_t i) const {
    std::uint64_t value = 0;
    std::memcpy(&value, at(i), width);
    return value;
  }
  std::uint32_t tail(std::size_t i) const {
    std::uint32_t value = 0;
    std::memcpy(&value, at(i) + width, kTailBytes);
    return value;
  }
  std::uint32_t period(std::size_t i) const {
    return static_cast<unsigned char>(at(i)[width + kTailBytes]);
  }
};

}  // namespace

bool IdPageBuilder::add(const ArchivedId& id) {
  if (!ids_.empty()) {
    const unsigned width = std::max(width_, width_of(id.high - ids_.front().high));
    if ((ids_.size() + 1) * (width + kRestBytes) > kIdPageBytes - kHeadBytes) return false;
    width_ = width;
  }
  ids_.push_back(id);
  return true;
}

void IdPageBuilder::take(std::uint32_t base_period, std::span<char, kIdPageBytes> page) {
  assert(!ids_.empty());
  char* at = page.data();
  std::memset(at, 0, page.size());
  const auto count = static_cast<std::uint16_t>(ids_.size());
  const std::uint64_t first = ids_.front().high;
  std::memcpy(at + kCountAt, &count, sizeof count);
  at[kWidthAt] = static_cast<char>(width_);
  std::memcpy(at + kFirstAt, &first, sizeof first);
  char* to = at + kHeadBytes;
  for (const ArchivedId& id : ids_) {
    const std::uint64_t distance = id.high - first;
    std::memcpy(to, &distance, width_);
    std::memcpy(to + width_, &id.tail, kTailBytes);
    assert(id.period - base_period <= 255);
    to[width_ + kTailBytes] = static_cast<char>(id.period - base_period);
    to += width_ + kRestBytes;
  }
  const std::uint32_t crc = crc32c(0, at + kCountAt, kIdPageBytes - kCountAt);
  std::memcpy(at, &crc, sizeof crc);
  ids_.clear();
  width_ = 1;
}

bool is_id_page_whole(std::span<const char, kIdPageBytes> page) {
  if (load<std::uint32_t>(page.data()) !=
      crc32c(0, page.data() + kCountAt, kIdPageBytes - kCountAt)) {
    return false;
  }
  const Layout layout(page.data());
  return layout.width >= 1 && layout.width <= 8 &&
         layout.count * (layout.width + kRestBytes) <= kIdPageBytes - kHeadBytes;
}

std::optional<std::uint32_t> find_in_id_page(std::span<const char, kIdPageBytes> page,
                                             std::uint32_t base_period, const Hash128& key) {
  const Layout layout(page.data());
  if (key.high < layout.first) return std::nullopt;
  const std::uint64_t distance = key.high - layout.first;
  std::size_t low = 0;
  for (std::size_t size = layout.count; size > 0;) {
    const std::size_t half = size / 2;
    if (layout.distance(low + half) < distance) {
      low += half + 1;
      size -= half + 1;
    } else {
      size = half;
    }
  }
  for (; low < layout.count && layout.distance(low) == distance; ++low) {
    if (layout.tail(low) == ArchivedId::tail_of(key)) return base_period + layout.period(low);
  }
  return std::nullopt;
}

void read_id_page(std::span<const char, kIdPageBytes> page, std::uint32_t base_period,
                  std::vector<ArchivedId>& out) {
  const Layout layout(page.data());
  for (std::size_t i = 0; i < layout.count; ++i) {
    out.push_back(
        {layout.first + layout.distance(i), layout.tail(i), base_period + layout.period(i)});
  }
}

}  // namespace adbacus
