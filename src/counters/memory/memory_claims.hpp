// Claims in the memory of this process.
#pragma once

#include <deque>

#include "counters/counters.hpp"
#include "counters/memory/expiring_table.hpp"
#include "counters/memory/shards.hpp"

namespace adbacus {

class MemoryClaims final : public Claims {
 public:
  explicit MemoryClaims(std::size_t entries_max);
  Result<bool> claim(const Hash128& key, TimeUs now_us, TimeUs keep_us) override;
  Result<void> release(const Hash128& key) override;

 private:
  struct Entry {
    std::uint64_t key = 0;
    std::int64_t expiry = 0;  // microseconds; free again from then on
  };
  using Shard = CounterShard<ExpiringTable<Entry>>;
  std::deque<Shard> shards_;
};

}  // namespace adbacus
