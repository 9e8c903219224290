// Latencies in microseconds, log-linear like HdrHistogram: 64 sub-buckets per power of two, so a
// quantile is at most 1.6 % above the true value. One thread; merge() joins threads at the end.
#pragma once

#include <array>
#include <cstdint>

namespace adbacus {

class LatencyHistogram {
 public:
  void record(std::uint64_t us);
  void merge(const LatencyHistogram& other);
  std::uint64_t count() const { return count_; }
  std::uint64_t max() const { return max_; }
  // Greatest value of the bucket that holds quantile q in (0, 1], at most max(); 0 when empty.
  std::uint64_t quantile(double q) const;

 private:
  static constexpr unsigned kSubBits = 6;
  static constexpr std::size_t kBuckets = (64 - kSubBits + 1) << kSubBits;

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace adbacus
