#include <algorithm>
#include <bit>
#include <cmath>

#include "base/metrics.hpp"

namespace adbacus {
namespace {

constexpr unsigned kSubBits = 3;  // 8 sub-buckets per power of two
constexpr std::uint64_t kSubBuckets = 1U << kSubBits;

// Values below 8 have a bucket each; above, the three bits after the leading one choose.
std::size_t bucket_of(std::uint64_t us) {
  if (us < kSubBuckets) return static_cast<std::size_t>(us);
  const auto shift = static_cast<unsigned>(std::bit_width(us)) - kSubBits - 1;
  const std::size_t bucket = shift * kSubBuckets + static_cast<std::size_t>(us >> shift);
  return std::min<std::size_t>(bucket, Histogram::kBuckets - 1);
}

std::uint64_t last_of(std::size_t bucket) {
  if (bucket < 2 * kSubBuckets) return bucket;
  const std::size_t shift = bucket / kSubBuckets - 1;
  return ((bucket % kSubBuckets + kSubBuckets + 1) << shift) - 1;
}

}  // namespace

void Histogram::record_us(std::uint64_t us) {
  buckets_[bucket_of(us)].fetch_add(1, std::memory_order_relaxed);
  count_.fetch_add(1, std::memory_order_relaxed);
  sum_us_.fetch_add(us, std::memory_order_relaxed);
}

std::uint64_t Histogram::quantile_us(double q) const {
  const std::uint64_t total = count();
  if (total == 0) return 0;
  const double wanted = std::ceil(q * static_cast<double>(total));
  const std::uint64_t rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted));
  std::uint64_t passed = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    passed += buckets_[bucket].load(std::memory_order_relaxed);
    if (passed >= rank) return last_of(bucket);
  }
  return last_of(buckets_.size() - 1);
}

std::uint64_t Histogram::cumulative(std::uint64_t le_us) const {
  std::uint64_t passed = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size() && last_of(bucket) <= le_us; ++bucket) {
    passed += buckets_[bucket].load(std::memory_order_relaxed);
  }
  return passed;
}

}  // namespace adbacus
