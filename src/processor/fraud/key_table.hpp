// A bounded memory of keys with a number each: full, it forgets the key of a place that was written
// longest ago. So what it knows is a function of what was written, in order, and its size never
// grows. Keys are well-mixed hashes, none is 0. Owned by one thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/huge_block.hpp"

namespace adbacus {

class KeyTable {
 public:
  KeyTable() = default;  // of no size: not to be asked
  // A power of two, at least 8. About 17 bytes a key.
  explicit KeyTable(std::uint32_t keys_max);

  bool is_there() const { return mask_ != kAbsent; }
  std::size_t keys_max() const { return lost_.size() * kWays; }
  void prefetch(std::uint64_t key) const {
    if (!is_there()) return;
    const Set& set = set_of(key);
    __builtin_prefetch(&set.keys, 1);
    __builtin_prefetch(&set.numbers, 1);
    __builtin_prefetch(&lost_[set_index(key)], 1);
  }
  // Null: not known. Valid until the next write.
  const std::uint64_t* find(std::uint64_t key) const;
  // The key's number, 0 if it is new; now the last one to be forgotten of its place.
  std::uint64_t& write(std::uint64_t key);
  // The greatest number that was forgotten where the key would stand; 0: none.
  std::uint64_t lost(std::uint64_t key) const { return lost_[set_index(key)]; }

  std::size_t memory_bytes() const {
    return memory_.size_bytes() + lost_.size() * sizeof(std::uint64_t);
  }
  // For saving: as many bytes as keys are held. load() takes exactly what save() appended off the
  // front of `in`, into a table of the same size; false, and the table is unusable: it is not that.
  void save(std::string& out) const;
  bool load(std::string_view& in);

 private:
  static constexpr std::size_t kWays = 8;
  static constexpr std::uint64_t kAbsent = ~std::uint64_t{0};
  struct Set {  // the last written first
    std::array<std::uint64_t, kWays> keys;
    std::array<std::uint64_t, kWays> numbers;
  };
  std::size_t set_index(std::uint64_t key) const { return static_cast<std::size_t>(key & mask_); }
  Set& set_of(std::uint64_t key) const { return static_cast<Set*>(memory_.data())[set_index(key)]; }

  HugeBlock memory_;
  std::vector<std::uint64_t> lost_;  // of each set
  std::uint64_t mask_ = kAbsent;     // sets - 1
};

}  // namespace adbacus
