// Frequency caps in the memory of this process. A user's counts lie in one shard, so a decision
// takes one lock whatever it has to count.
#pragma once

#include <array>
#include <deque>
#include <unordered_map>
#include <vector>

#include "counters/counters.hpp"
#include "counters/memory/expiring_table.hpp"
#include "counters/memory/shards.hpp"

namespace adbacus {

class MemoryCaps final : public FrequencyCaps {
 public:
  explicit MemoryCaps(std::size_t entries_max);

  Result<std::optional<std::size_t>> take_first(
      const Hash128& user, std::span<const std::span<const FrequencyLimit>> candidates,
      TimeUs now_us) override;
  Result<bool> allows(const Hash128& user, std::span<const FrequencyLimit> limits,
                      TimeUs now_us) override;
  Result<void> restore(const Hash128& user, std::uint64_t scope, std::uint32_t keep_s,
                       TimeUs used_us, TimeUs now_us) override;
  Result<void> take_back(const Hash128& user, std::span<const FrequencyLimit> limits,
                         TimeUs used_us) override;
  Result<void> forget(const Hash128& user, std::span<const std::uint64_t> scopes) override;

  std::size_t memory_bytes();

 private:
  static constexpr std::size_t kInline = 6;
  // The uses of one user in one scope, oldest first; more than kInline lie in the shard's map.
  struct Entry {
    std::uint64_t key = 0;
    std::int64_t expiry = 0;  // second in which the newest use stops to count
    std::uint32_t count = 0;
    std::array<std::uint32_t, kInline> used_s{};
  };
  struct Table {
    explicit Table(std::size_t entries_max) : entries(entries_max) {}
    ExpiringTable<Entry> entries;
    std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> long_lists;
  };
  using Shard = CounterShard<Table>;

  Shard& shard(const Hash128& user) { return shards_[shard_of(user)]; }
  static std::span<std::uint32_t> uses(Table& table, Entry& entry);
  static bool fits(Table& table, const Hash128& user, std::span<const FrequencyLimit> limits,
                   std::uint32_t now_s);
  static void add(Table& table, std::uint64_t key, std::uint32_t keep_s, std::uint32_t used_s,
                  std::uint32_t now_s);
  static void remove(Table& table, std::uint64_t key, std::uint32_t used_s);

  std::deque<Shard> shards_;
};

}  // namespace adbacus
