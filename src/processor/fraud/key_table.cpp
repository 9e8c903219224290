#include "processor/fraud/key_table.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

namespace adbacus {
namespace {

void put(std::string& out, std::uint64_t number) {
  out.append(reinterpret_cast<const char*>(&number), sizeof(number));
}

bool take(std::string_view& in, std::uint64_t& number) {
  if (in.size() < sizeof(number)) return false;
  std::memcpy(&number, in.data(), sizeof(number));
  in.remove_prefix(sizeof(number));
  return true;
}

}  // namespace

KeyTable::KeyTable(std::uint32_t keys_max)
    : memory_(keys_max / kWays * sizeof(Set)),
      lost_(keys_max / kWays),
      mask_(keys_max / kWays - 1) {
  assert(keys_max >= kWays && std::has_single_bit(keys_max));
}

const std::uint64_t* KeyTable::find(std::uint64_t key) const {
  const Set& set = set_of(key);
  for (std::size_t way = 0; way < kWays; ++way) {
    if (set.keys[way] == key) return &set.numbers[way];
  }
  return nullptr;
}

std::uint64_t& KeyTable::write(std::uint64_t key) {
  Set& set = set_of(key);
  std::size_t way = 0;
  while (way < kWays && set.keys[way] != key) ++way;
  std::uint64_t number = 0;
  if (way < kWays) {
    number = set.numbers[way];
  } else {
    way = kWays - 1;
    if (set.keys[way] != 0) {
      std::uint64_t& lost = lost_[set_index(key)];
      lost = std::max(lost, set.numbers[way]);
    }
  }
  std::copy_backward(&set.keys[0], &set.keys[way], &set.keys[way] + 1);
  std::copy_backward(&set.numbers[0], &set.numbers[way], &set.numbers[way] + 1);
  set.keys[0] = key;
  set.numbers[0] = number;
  return set.numbers[0];
}

// Sets that hold something: their index, what they lost, how many keys, the pairs.
void KeyTable::save(std::string& out) const {
  const auto* const sets = static_cast<const Set*>(memory_.data());
  for (std::uint64_t i = 0; is_there() && i <= mask_; ++i) {
    const auto end = std::find(sets[i].keys.begin(), sets[i].keys.end(), 0);
    const auto count = static_cast<std::size_t>(end - sets[i].keys.begin());
    if (count == 0) continue;
    put(out, i);
    put(out, lost_[static_cast<std::size_t>(i)]);
    put(out, count);
    for (std::size_t way = 0; way < count; ++way) {
      put(out, sets[i].keys[way]);
      put(out, sets[i].numbers[way]);
    }
  }
  put(out, kAbsent);
}

bool KeyTable::load(std::string_view& in) {
  auto* const sets = static_cast<Set*>(memory_.data());
  if (is_there()) std::memset(sets, 0, memory_.size_bytes());
  std::fill(lost_.begin(), lost_.end(), 0);
  std::uint64_t next = 0;
  for (std::uint64_t index = 0; take(in, index);) {
    if (index == kAbsent) return true;
    std::uint64_t count = 0;
    if (!is_there() || index < next || index > mask_) return false;
    next = index + 1;
    if (!take(in, lost_[static_cast<std::size_t>(index)]) || !take(in, count)) return false;
    if (count == 0 || count > kWays) return false;
    Set& set = sets[index];
    for (std::size_t way = 0; way < count; ++way) {
      if (!take(in, set.keys[way]) || !take(in, set.numbers[way])) return false;
      if (set.keys[way] == 0 || set_index(set.keys[way]) != index) return false;
    }
  }
  return false;
}

}  // namespace adbacus
