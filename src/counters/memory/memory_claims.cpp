#include "counters/memory/memory_claims.hpp"

#include <algorithm>

namespace adbacus {

MemoryClaims::MemoryClaims(std::size_t entries_max) {
  for (std::size_t i = 0; i < kCounterShards; ++i) {
    shards_.emplace_back(std::max<std::size_t>(entries_max / kCounterShards, 1));
  }
}

Result<bool> MemoryClaims::claim(const Hash128& key, TimeUs now_us, TimeUs keep_us) {
  Shard& shard = shards_[shard_of(key)];
  const std::lock_guard lock(shard.mutex);
  Entry& entry = *shard.table.find_or_add(table_key(key), now_us);
  if (entry.expiry > now_us) return false;
  entry.expiry = now_us + std::max<TimeUs>(keep_us, 1);
  return true;
}

Result<void> MemoryClaims::release(const Hash128& key) {
  Shard& shard = shards_[shard_of(key)];
  const std::lock_guard lock(shard.mutex);
  if (Entry* entry = shard.table.find(table_key(key))) entry->expiry = 0;
  return {};
}

}  // namespace adbacus
