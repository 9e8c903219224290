// Numbers the distinct packed texts of one column in the order in which they appear. Packed texts
// are canonical (model/event_codec.hpp), so they are compared without unpacking. The hash is keyed
// with `seed`, so a sender cannot choose texts that collide. Belongs to one thread.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/rng.hpp"
#include "store/lake/parquet/byte_buffer.hpp"

namespace adbacus {

class TextDictionary {
 public:
  explicit TextDictionary(std::uint64_t seed) : seed_(seed) {}

  struct Found {
    std::uint32_t id;
    bool is_new;
  };
  // `packed` is not empty.
  Found find_or_add(std::string_view packed) {
    const Key key = packed.size() <= kInlineBytes ? inline_key(packed) : hashed_key(packed);
    if (key.a == last_.a && key.b == last_.b && key.size == last_.size && count_ > 0 &&
        packed.size() <= kInlineBytes)
      return {last_id_, false};
    return find_or_add(key, packed);
  }
  std::uint32_t size() const { return count_; }
  std::size_t bytes() const { return slots_.capacity() * sizeof(Slot) + long_texts_.capacity(); }
  void clear();

 private:
  static constexpr std::size_t kInlineBytes = 16;
  // Texts up to 16 bytes are the key itself; of longer ones it is a hash, compared with the bytes.
  struct Key {
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    std::uint32_t size = 0;
  };
  struct Slot {
    std::uint64_t a;
    std::uint64_t b;  // of a long text: where it stands in long_texts_
    std::uint32_t size;
    std::uint32_t id_plus_1;  // 0: free
  };

  template <class T>
  static std::uint64_t load(const char* from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
  }
  static Key inline_key(std::string_view packed) {
    const char* p = packed.data();
    const std::size_t n = packed.size();
    const auto size = static_cast<std::uint32_t>(n);
    if (n >= 8) return {load<std::uint64_t>(p), load<std::uint64_t>(p + n - 8), size};
    if (n >= 4) return {load<std::uint32_t>(p) | load<std::uint32_t>(p + n - 4) << 32U, 0, size};
    return {load<std::uint8_t>(p) | load<std::uint8_t>(p + n / 2) << 8U |
                load<std::uint8_t>(p + n - 1) << 16U,
            0, size};
  }
  Key hashed_key(std::string_view packed) const;
  std::uint64_t hash(const Key& key) const {
    const Uint128 product = static_cast<Uint128>(key.a ^ seed_ ^ key.size) *
                            (key.b ^ (seed_ * 0x9e3779b97f4a7c15ULL) ^ 0xd6e8feb86659fd93ULL);
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
  }
  Found find_or_add(const Key& key, std::string_view packed);
  bool holds(const Slot& slot, const Key& key, std::string_view packed) const;
  void grow();

  std::uint64_t seed_;
  std::vector<Slot> slots_;  // power of two, at most half full, linear probing
  ByteBuffer long_texts_;
  std::uint32_t count_ = 0;
  Key last_;  // of the newest call, if inline
  std::uint32_t last_id_ = 0;
};

}  // namespace adbacus
