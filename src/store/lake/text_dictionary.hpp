// Numbers the distinct packed texts of one column in the order in which they appear. Packed texts
// are canonical (model/event_codec.hpp), so they are compared without unpacking: up to 16 bytes as
// they are, longer ones by a 128-bit hash. Hashes are keyed with `seed`, which no sender knows, so
// nobody can choose texts that collide. Belongs to one thread.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "base/rng.hpp"
#include "base/short_text.hpp"

namespace adbacus {

namespace text_dictionary_internal {
inline constexpr std::size_t kKeyBytes = 16;
// Keeps the last n of 16 bytes, which are loaded as two little-endian words.
constexpr std::array<std::uint64_t, kKeyBytes + 1> make_masks(bool high) {
  std::array<std::uint64_t, kKeyBytes + 1> masks{};
  for (std::size_t n = 1; n <= kKeyBytes; ++n) {
    const std::size_t bytes = high ? (n < 8 ? n : 8) : (n < 8 ? 0 : n - 8);
    masks[n] = bytes == 0 ? 0 : ~std::uint64_t{0} << (64 - 8 * bytes);
  }
  return masks;
}
inline constexpr auto kLowMasks = make_masks(false);
inline constexpr auto kHighMasks = make_masks(true);
}  // namespace text_dictionary_internal

class TextDictionary {
 public:
  explicit TextDictionary(std::uint64_t seed) : seed_(seed) {
    Rng rng(seed);  // spreads a small seed over both factors
    low_key_ = rng.next();
    high_key_ = rng.next();
  }

  struct Found {
    std::uint32_t id;
    bool is_new;
  };
  // `packed` is one non-empty packed field inside `record`.
  Found find_or_add(std::string_view packed, std::string_view record) {
    if (size() * 2 >= slots_.size()) grow();
    const Hash128 key = key_of(packed, record);
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = place(key) & mask;; at = (at + 1) & mask) {
      const std::uint32_t slot = slots_[at];
      if (slot == 0) {
        keys_.push_back(key);
        slots_[at] = size();
        return {size() - 1, true};
      }
      if (keys_[slot - 1] == key) return {slot - 1, false};
    }
  }
  std::uint32_t size() const { return static_cast<std::uint32_t>(keys_.size()); }
  void clear();

 private:
  // A short text is the key itself, right-aligned; its first byte is not 0 and tells its length, so
  // no two texts share a key. Reading 16 bytes back from its end, inside the record, needs no
  // branch on the length.
  Hash128 key_of(std::string_view packed, std::string_view record) const {
    using namespace text_dictionary_internal;
    const std::size_t size = packed.size();
    if (size > kKeyBytes) return hash128(packed, seed_);
    const char* const end = packed.data() + size;
    if (end - record.data() >= static_cast<std::ptrdiff_t>(kKeyBytes)) {
      return {load_word(end - 16) & kLowMasks[size], load_word(end - 8) & kHighMasks[size]};
    }
    std::array<std::uint64_t, 2> words{};
    std::memcpy(reinterpret_cast<char*>(words.data()) + kKeyBytes - size, packed.data(), size);
    return {words[0], words[1]};
  }
  std::size_t place(const Hash128& key) const {
    const Uint128 product = static_cast<Uint128>(key.low ^ low_key_) * (key.high ^ high_key_);
    return static_cast<std::size_t>(static_cast<std::uint64_t>(product) ^
                                    static_cast<std::uint64_t>(product >> 64U));
  }
  void grow();

  std::uint64_t seed_;
  std::uint64_t low_key_ = 0;
  std::uint64_t high_key_ = 0;
  std::vector<std::uint32_t> slots_;  // id + 1, 0 free; power of two, at most half full
  std::vector<Hash128> keys_;         // by id, so that frequent texts, found early, lie together
};

}  // namespace adbacus
