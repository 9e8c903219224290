// One segment of an IdWindow: a fixed array of 64-byte buckets, bucketised linear probing. Used by
// id_window.cpp only, by its one thread.
//
// A slot holds 64 + 8 bits of the key, the period in which it was seen modulo 256, and how many
// buckets it lies behind its home bucket; together with the home these are all the bits compared.
// A bucket counts the keys that had to pass over it, so a lookup knows where to stop, and taking a
// key out leaves no tombstone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/archive/archived_id.hpp"
#include "base/hash.hpp"
#include "base/huge_block.hpp"

namespace adbacus {

class IdWindowSegment {
 public:
  enum class Put : std::uint8_t { known, inserted, full };

  // 2^bucket_bits buckets. `period` is the present one: keys seen before `period - window_periods`
  // must never be put. `depth`: how many top bits of
  // id_spread(hash.high) its keys have in common.
  IdWindowSegment(unsigned bucket_bits, std::uint32_t window_periods, std::uint32_t period,
                  unsigned depth);

  // Always inline: g++ takes a call that only prefetches for pure and drops it.
  [[gnu::always_inline]] void prefetch(const Hash128& key) const {
    __builtin_prefetch(&buckets_[home_of(key)]);
  }
  // Inserts the key as seen in period `seen` unless a key that is not expired at `now` is there.
  // Needs ready_for(now) and now - window_periods <= seen <= now.
  Put put(const Hash128& key, std::uint32_t seen, std::uint32_t now);
  bool contains(const Hash128& key, std::uint32_t now) const;
  bool erase(const Hash128& key);  // false if absent

  // Tags are periods modulo 256; they are unambiguous as long as this holds. If not:
  // forget_expired() or sweep() first.
  bool ready_for(std::uint32_t now) const { return now - swept_ <= 255 - window_periods_; }
  // Half of that time is over: forget_expired() when there is leisure.
  bool is_forgetting_due(std::uint32_t now) const {
    return now - swept_ > (255 - window_periods_) / 2;
  }
  // Both free every expired slot and return how many. The first leaves all other keys where they
  // are; the second, at ten times the cost, also moves them as close to home as they can be.
  std::size_t forget_expired(std::uint32_t now);
  std::size_t sweep(std::uint32_t now);
  // Moves the keys whose bit `depth` (from the top of hash.high) is set to `sibling`, which must be
  // empty and of the same shape, and makes both one bit deeper. Sweeps as well.
  void split_into(IdWindowSegment& sibling, std::uint32_t now);

  // Appends every key that is not expired at `now`, in no order.
  void collect(std::uint32_t now, std::vector<ArchivedId>& out) const;

  std::size_t size() const { return size_; }
  std::size_t size_max() const { return size_max_; }
  unsigned depth() const { return depth_; }
  std::size_t memory_bytes() const { return block_.size_bytes() + sizeof(*this); }

 private:
  static constexpr unsigned kSlots = 6;
  static constexpr unsigned kDistanceMax = 14;  // what 4 bits can say
  static constexpr unsigned kWalkMax = 128;     // how far a free slot is looked for
  struct alignas(64) Bucket {
    std::uint64_t prints[kSlots];
    std::uint8_t tags[kSlots];
    std::uint8_t extras[kSlots];
    // 4 bits a slot: distance from home + 1, 0 = free; above them 8 bits: keys that passed over.
    std::uint32_t state;
  };
  static_assert(sizeof(Bucket) == 64);
  struct Place {
    bool is_found = false;
    bool is_expired = false;  // else free
    unsigned slot = 0;
    unsigned distance = 0;  // buckets behind home
  };

  std::size_t home_of(const Hash128& key) const { return key.low & mask_; }
  static int find(const Bucket& bucket, const Hash128& key, unsigned distance);
  bool is_expired(std::uint8_t tag, std::uint32_t now) const;
  std::uint32_t expired_slots(const Bucket& bucket, std::uint32_t now) const;
  Place vacancy(const Bucket& bucket, std::uint32_t now) const;
  Place pull_closer(std::size_t home, Place free);
  void fill(std::size_t bucket_index, unsigned slot, std::uint64_t print, std::uint8_t extra,
            std::uint8_t tag, unsigned distance);
  void clear(std::size_t bucket_index, unsigned slot);
  void redistribute(std::uint32_t now, IdWindowSegment& sibling);
  void settle(std::size_t home, const Bucket& from, unsigned slot);

  HugeBlock block_;
  std::span<Bucket> buckets_;
  std::size_t mask_;
  std::size_t size_ = 0;
  std::size_t size_max_;
  std::uint32_t window_periods_;
  std::uint32_t swept_;  // no slot was seen before swept_ - window_periods_
  unsigned depth_;
};

}  // namespace adbacus
