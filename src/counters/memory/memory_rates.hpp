// Rate limits in the memory of this process.
#pragma once

#include <deque>

#include "counters/counters.hpp"
#include "counters/memory/expiring_table.hpp"
#include "counters/memory/shards.hpp"

namespace adbacus {

class MemoryRates final : public RateLimits {
 public:
  explicit MemoryRates(std::size_t entries_max);
  Result<RateAnswer> take(std::span<const RateBucket> buckets, std::uint32_t cost,
                          TimeUs now_us) override;

 private:
  struct Entry {
    std::uint64_t key = 0;
    std::int64_t expiry = 0;  // the theoretical arrival time: the bucket is full from then on
  };
  using Shard = CounterShard<ExpiringTable<Entry>>;
  // Takes, or answers only, from one bucket.
  RateAnswer from_one(const RateBucket& bucket, std::int64_t cost, TimeUs now_us);

  std::deque<Shard> shards_;
};

}  // namespace adbacus
