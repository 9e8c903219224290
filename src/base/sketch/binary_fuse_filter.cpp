#include "base/sketch/binary_fuse_filter.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace adbacus {
namespace {

constexpr int kTries = 64;  // the first one succeeds nearly always
constexpr std::uint32_t kSegmentBitsMax = 18;

// The paper's segment length and size for three places a key.
BinaryFuseShape shape_for(std::size_t keys) {
  BinaryFuseShape shape;
  if (keys == 0) return shape;
  const double n = static_cast<double>(std::max<std::size_t>(keys, 2));
  const double bits = std::floor(std::log(n) / std::log(3.33) + 2.25);
  shape.segment_bits = std::min(static_cast<std::uint32_t>(bits), kSegmentBitsMax);
  const double factor = std::max(1.125, 0.875 + 0.25 * std::log(1e6) / std::log(n));
  const auto capacity = static_cast<std::uint64_t>(std::llround(n * factor));
  const std::uint64_t segments = (capacity >> shape.segment_bits) + 1;
  shape.segment_count = static_cast<std::uint32_t>(std::max<std::uint64_t>(segments, 3) - 2);
  return shape;
}

}  // namespace

bool BinaryFuseBuilder::count(std::span<const std::uint64_t> keys, const BinaryFuseShape& shape) {
  counts_.assign(shape.size_bytes(), 0);
  xors_.assign(shape.size_bytes(), 0);
  bool overflowed = false;
  for (const std::uint64_t key : keys) {
    const auto places = shape.places_of(key);
    for (std::uint8_t i = 0; i < 3; ++i) {
      std::uint8_t& count = counts_[places.at[i]];
      overflowed = overflowed || count >= 252;
      count = static_cast<std::uint8_t>((count + 4U) ^ i);
      xors_[places.at[i]] ^= key;
    }
  }
  return !overflowed;
}

// Takes keys out that have a place of their own until none is left, or none has.
bool BinaryFuseBuilder::peel(std::span<const std::uint64_t> keys, const BinaryFuseShape& shape) {
  if (!count(keys, shape)) return false;
  peeled_.clear();
  peeled_.reserve(keys.size());
  lonely_.clear();
  for (std::uint32_t start = 0; start < counts_.size(); ++start) {
    lonely_.push_back(start);
    while (!lonely_.empty()) {
      const std::uint32_t at = lonely_.back();
      lonely_.pop_back();
      if (counts_[at] >> 2U != 1) continue;
      const std::uint64_t key = xors_[at];
      const auto own = static_cast<std::uint8_t>(counts_[at] & 3U);
      peeled_.push_back({key, own});
      const auto places = shape.places_of(key);
      for (std::uint8_t i = 0; i < 3; ++i) {
        const std::uint32_t place = places.at[i];
        counts_[place] = static_cast<std::uint8_t>((counts_[place] - 4U) ^ i);
        xors_[place] ^= key;
        // Places that lie ahead are met on the way.
        if (counts_[place] >> 2U == 1 && place < start) lonely_.push_back(place);
      }
    }
  }
  return peeled_.size() == keys.size();
}

Result<BinaryFuseShape> BinaryFuseBuilder::build(std::span<const std::uint64_t> keys,
                                                 std::string& out) {
  BinaryFuseShape shape = shape_for(keys.size());
  if (keys.empty()) return shape;
  for (int i = 0; i < kTries; ++i) {
    shape.seed = (static_cast<std::uint64_t>(i) + 1) * 0x9e3779b97f4a7c15ULL;
    if (!peel(keys, shape)) continue;
    const std::size_t begin = out.size();
    out.resize(begin + shape.size_bytes());
    auto* bytes = reinterpret_cast<std::uint8_t*>(out.data() + begin);
    for (auto peeled = peeled_.rbegin(); peeled != peeled_.rend(); ++peeled) {
      const auto places = shape.places_of(peeled->key);
      std::uint8_t value = places.fingerprint;
      for (std::uint8_t p = 0; p < 3; ++p) {
        if (p != peeled->place) value ^= bytes[places.at[p]];
      }
      bytes[places.at[peeled->place]] = value;
    }
    return shape;
  }
  return Error{ErrorCode::internal, "no filter fits these keys: they are no hashes"};
}

}  // namespace adbacus
