#include "counters/memory/memory_rates.hpp"

#include <algorithm>

namespace adbacus {

MemoryRates::MemoryRates(std::size_t entries_max) {
  for (std::size_t i = 0; i < kCounterShards; ++i) {
    shards_.emplace_back(std::max<std::size_t>(entries_max / kCounterShards, 1));
  }
}

// A negative cost gives back. In nanoseconds, so that any quota up to 10^9 a second is exact.
RateAnswer MemoryRates::from_one(const RateBucket& bucket, std::int64_t cost, TimeUs now_us) {
  const std::int64_t now = now_us * 1000;
  const std::int64_t period = std::int64_t{bucket.period_s} * 1'000'000'000;
  const std::int64_t interval = std::max<std::int64_t>(period / bucket.quota, 1);
  const std::int64_t room = interval * bucket.quota;
  Shard& shard = shards_[shard_of(bucket.key)];
  const std::lock_guard lock(shard.mutex);
  Entry& entry = *shard.table.find_or_add(table_key(bucket.key), now);
  const std::int64_t arrival = std::max(entry.expiry, now) + cost * interval;
  RateAnswer answer;
  answer.is_allowed = arrival - now <= room || cost <= 0;
  if (answer.is_allowed) entry.expiry = arrival;
  const std::int64_t filled = std::max<std::int64_t>(entry.expiry - now, 0);
  answer.left = static_cast<std::uint32_t>(std::max<std::int64_t>(room - filled, 0) / interval);
  answer.full_after_us = (filled + 999) / 1000;
  if (!answer.is_allowed) answer.retry_after_us = (arrival - now - room + 999) / 1000;
  return answer;
}

Result<RateAnswer> MemoryRates::take(std::span<const RateBucket> buckets, std::uint32_t cost,
                                     TimeUs now_us) {
  RateAnswer tightest;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    RateAnswer answer = from_one(buckets[i], cost, now_us);
    answer.tightest = i;
    if (!answer.is_allowed) {
      for (std::size_t taken = 0; taken < i; ++taken) {
        from_one(buckets[taken], -std::int64_t{cost}, now_us);
      }
      return answer;
    }
    if (i == 0 || answer.left < tightest.left) tightest = answer;
  }
  return tightest;
}

}  // namespace adbacus
