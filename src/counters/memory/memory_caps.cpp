#include "counters/memory/memory_caps.hpp"

#include <algorithm>

namespace adbacus {
namespace {

constexpr std::size_t kSweepEvery = 4096;  // long lists of a shard, when one more begins

std::uint32_t seconds(TimeUs time_us) {
  return static_cast<std::uint32_t>(std::max<TimeUs>(time_us, 0) / kSecondUs);
}

std::uint64_t key_of(const Hash128& user, std::uint64_t scope) {
  std::uint64_t mixed = (user.low ^ scope) * 0x9e3779b97f4a7c15ULL;
  mixed = (mixed ^ (mixed >> 32U)) * 0xd6e8feb86659fd93ULL;
  return std::max<std::uint64_t>(mixed ^ (mixed >> 29U), 1);
}

bool is_in(std::uint32_t used_s, std::uint32_t period_s, std::uint32_t now_s) {
  return used_s > now_s || now_s - used_s <= period_s;
}

// The longest period of a scope among its limits.
std::uint32_t keep_s(std::span<const FrequencyLimit> limits, std::uint64_t scope) {
  std::uint32_t longest = 0;
  for (const FrequencyLimit& limit : limits) {
    if (limit.scope == scope) longest = std::max(longest, limit.period_s);
  }
  return longest;
}

// A scope comes once, however many limits it has.
bool is_first(std::span<const FrequencyLimit> limits, std::size_t at) {
  return std::none_of(limits.begin(), limits.begin() + static_cast<std::ptrdiff_t>(at),
                      [&](const FrequencyLimit& l) { return l.scope == limits[at].scope; });
}

}  // namespace

MemoryCaps::MemoryCaps(std::size_t entries_max) {
  for (std::size_t i = 0; i < kCounterShards; ++i) {
    shards_.emplace_back(std::max<std::size_t>(entries_max / kCounterShards, 1));
  }
}

std::span<std::uint32_t> MemoryCaps::uses(Table& table, Entry& entry) {
  if (entry.count <= kInline) return std::span(entry.used_s).first(entry.count);
  return table.long_lists[entry.key];
}

bool MemoryCaps::fits(Table& table, const Hash128& user, std::span<const FrequencyLimit> limits,
                      std::uint32_t now_s) {
  for (const FrequencyLimit& limit : limits) {
    Entry* entry = table.entries.find(key_of(user, limit.scope));
    if (entry == nullptr || entry->count < limit.count_max) continue;
    const auto used = uses(table, *entry);
    // Uses are in order: the limit is reached if its count_max-th newest still counts.
    if (is_in(used[used.size() - limit.count_max], limit.period_s, now_s)) return false;
  }
  return true;
}

void MemoryCaps::add(Table& table, std::uint64_t key, std::uint32_t keep_s, std::uint32_t used_s,
                     std::uint32_t now_s) {
  Entry& entry = *table.entries.find_or_add(key, now_s);
  const auto before = uses(table, entry);
  std::vector<std::uint32_t> kept;
  for (const std::uint32_t use : before) {
    if (is_in(use, keep_s, now_s)) kept.push_back(use);
  }
  kept.insert(std::upper_bound(kept.begin(), kept.end(), used_s), used_s);
  const bool was_long = entry.count > kInline;
  entry.count = static_cast<std::uint32_t>(kept.size());
  entry.expiry = std::int64_t{kept.back()} + keep_s + 1;
  if (kept.size() <= kInline) {
    std::copy(kept.begin(), kept.end(), entry.used_s.begin());
    if (was_long) table.long_lists.erase(key);
    return;
  }
  table.long_lists[key] = std::move(kept);
  if (was_long || table.long_lists.size() % kSweepEvery != 0) return;
  std::erase_if(table.long_lists, [&](const auto& list) {  // of entries that have gone
    const Entry* of = table.entries.find(list.first);
    return of == nullptr || of->count <= kInline;
  });
}

void MemoryCaps::remove(Table& table, std::uint64_t key, std::uint32_t used_s) {
  Entry* entry = table.entries.find(key);
  if (entry == nullptr) return;
  const auto used = uses(table, *entry);
  std::vector<std::uint32_t> kept(used.begin(), used.end());
  const auto at = std::find(kept.begin(), kept.end(), used_s);
  if (at == kept.end()) return;
  kept.erase(at);
  const bool was_long = entry->count > kInline;
  entry->count = static_cast<std::uint32_t>(kept.size());
  if (kept.size() > kInline) {
    table.long_lists[key] = std::move(kept);
    return;
  }
  std::copy(kept.begin(), kept.end(), entry->used_s.begin());
  if (was_long) table.long_lists.erase(key);
}

Result<std::optional<std::size_t>> MemoryCaps::take_first(
    const Hash128& user, std::span<const std::span<const FrequencyLimit>> candidates,
    TimeUs now_us) {
  const std::uint32_t now_s = seconds(now_us);
  Shard& of_user = shard(user);
  const std::lock_guard lock(of_user.mutex);
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const auto limits = candidates[i];
    if (!fits(of_user.table, user, limits, now_s)) continue;
    for (std::size_t at = 0; at < limits.size(); ++at) {
      if (!is_first(limits, at)) continue;
      const std::uint64_t scope = limits[at].scope;
      add(of_user.table, key_of(user, scope), keep_s(limits, scope), now_s, now_s);
    }
    return std::optional<std::size_t>(i);
  }
  return std::optional<std::size_t>();
}

Result<bool> MemoryCaps::allows(const Hash128& user, std::span<const FrequencyLimit> limits,
                                TimeUs now_us) {
  Shard& of_user = shard(user);
  const std::lock_guard lock(of_user.mutex);
  return fits(of_user.table, user, limits, seconds(now_us));
}

Result<void> MemoryCaps::restore(const Hash128& user, std::uint64_t scope, std::uint32_t keep_s,
                                 TimeUs used_us, TimeUs now_us) {
  const std::uint32_t now_s = seconds(now_us);
  if (!is_in(seconds(used_us), keep_s, now_s)) return {};
  Shard& of_user = shard(user);
  const std::lock_guard lock(of_user.mutex);
  add(of_user.table, key_of(user, scope), keep_s, seconds(used_us), now_s);
  return {};
}

Result<void> MemoryCaps::take_back(const Hash128& user, std::span<const FrequencyLimit> limits,
                                   TimeUs used_us) {
  Shard& of_user = shard(user);
  const std::lock_guard lock(of_user.mutex);
  for (std::size_t at = 0; at < limits.size(); ++at) {
    if (is_first(limits, at)) {
      remove(of_user.table, key_of(user, limits[at].scope), seconds(used_us));
    }
  }
  return {};
}

Result<void> MemoryCaps::forget(const Hash128& user, std::span<const std::uint64_t> scopes) {
  Shard& of_user = shard(user);
  const std::lock_guard lock(of_user.mutex);
  for (const std::uint64_t scope : scopes) {
    Entry* entry = of_user.table.entries.find(key_of(user, scope));
    if (entry == nullptr) continue;
    of_user.table.long_lists.erase(entry->key);
    entry->count = 0;
    entry->expiry = 0;
  }
  return {};
}

std::size_t MemoryCaps::memory_bytes() {
  std::size_t sum = 0;
  for (Shard& one : shards_) {
    const std::lock_guard lock(one.mutex);
    sum += one.table.entries.memory_bytes();
    for (const auto& [key, list] : one.table.long_lists) sum += list.capacity() * sizeof(list[0]);
  }
  return sum;
}

}  // namespace adbacus
