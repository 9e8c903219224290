#include "app/load/latency_histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace adbacus {

void LatencyHistogram::record(std::uint64_t us) {
  // Below 64 a bucket a value; above, the six bits after the leading one choose.
  const auto width = static_cast<unsigned>(std::bit_width(us));
  const unsigned shift = width <= kSubBits ? 0 : width - kSubBits - 1;
  const std::uint64_t bucket = (std::uint64_t{shift} << kSubBits) + (us >> shift);
  ++buckets_[static_cast<std::size_t>(bucket)];
  ++count_;
  max_ = std::max(max_, us);
}

void LatencyHistogram::merge(const LatencyHistogram& other) {
  for (std::size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

std::uint64_t LatencyHistogram::quantile(double q) const {
  if (count_ == 0) return 0;
  const double wanted = std::ceil(q * static_cast<double>(count_));
  const std::uint64_t rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted));
  std::uint64_t passed = 0;
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    passed += buckets_[bucket];
    if (passed < rank) continue;
    const std::uint64_t in_power = bucket & ((1U << kSubBits) - 1);
    const std::uint64_t power = bucket >> kSubBits;
    if (power <= 1) return std::min<std::uint64_t>(bucket, max_);
    const std::uint64_t shift = power - 1;
    return std::min(((in_power + (1U << kSubBits) + 1) << shift) - 1, max_);
  }
  return max_;
}

}  // namespace adbacus
