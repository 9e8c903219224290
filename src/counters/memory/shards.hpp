// What is the same in all tables of the memory backend: many shards, each with a lock of its own.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>

#include "base/hash.hpp"

namespace adbacus {

inline constexpr std::size_t kCounterShards = 64;

// Never 0, which a table keeps for free entries.
inline std::uint64_t table_key(const Hash128& key) {
  return key.low == 0 ? 1 : key.low;
}

inline std::size_t shard_of(const Hash128& key) {
  return static_cast<std::size_t>(key.high >> 58U);
}

template <class Table>
struct alignas(64) CounterShard {
  explicit CounterShard(std::size_t entries_max) : table(entries_max) {}
  std::mutex mutex;
  Table table;  // guarded by mutex
};

}  // namespace adbacus
