// A hash table whose entries lose their worth by time: the shards of the memory backend are made of
// it. Keys are 64 bits of a hash; two of ten million keys are the same with a chance of less than
// 1 in 300,000, and then share an entry. Not thread-safe: a shard's lock guards it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace adbacus {

// Entry has `std::uint64_t key` (0: free) and `std::int64_t expiry`, in whatever unit of time.
template <class Entry>
class ExpiringTable {
 public:
  explicit ExpiringTable(std::size_t entries_max)
      : entries_max_(std::max<std::size_t>(entries_max, 64)) {}

  Entry* find(std::uint64_t key) {
    if (slots_.empty()) return nullptr;
    for (std::size_t i = key & mask();; i = (i + 1) & mask()) {
      if (slots_[i].key == key) return &slots_[i];
      if (slots_[i].key == 0) return nullptr;
    }
  }
  // The key's entry, new if it was not there. The pointer holds until the next call of this.
  Entry* find_or_add(std::uint64_t key, std::int64_t now) {
    if (Entry* entry = find(key)) return entry;
    if (slots_.empty() || (used_ + 1) * 10 > slots_.size() * 7) make_room(now);
    return add(Entry{.key = key});
  }
  std::size_t size() const { return used_; }  // expired ones included that were not yet swept
  std::size_t memory_bytes() const { return slots_.capacity() * sizeof(Entry); }

 private:
  std::size_t mask() const { return slots_.size() - 1; }

  Entry* add(Entry entry) {
    for (std::size_t i = entry.key & mask();; i = (i + 1) & mask()) {
      if (slots_[i].key != 0) continue;
      slots_[i] = std::move(entry);
      ++used_;
      return &slots_[i];
    }
  }
  // Drops what has expired, then what expires first if there is still too much; at least half of
  // the new table is free.
  void make_room(std::int64_t now) {
    std::vector<Entry> old;
    old.swap(slots_);
    std::erase_if(old, [&](const Entry& entry) { return entry.key == 0 || entry.expiry < now; });
    if (old.size() >= entries_max_) {
      const auto keep = static_cast<std::ptrdiff_t>(entries_max_ / 4 * 3);
      std::nth_element(old.begin(), old.begin() + keep, old.end(),
                       [](const Entry& a, const Entry& b) { return a.expiry > b.expiry; });
      old.resize(static_cast<std::size_t>(keep));
    }
    std::size_t size = 64;
    while (size < old.size() * 2 + 2) size *= 2;
    slots_ = std::vector<Entry>(size);
    used_ = 0;
    for (Entry& entry : old) add(std::move(entry));
  }

  const std::size_t entries_max_;
  std::size_t used_ = 0;
  std::vector<Entry> slots_;
};

}  // namespace adbacus
