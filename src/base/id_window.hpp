// Exact set of recently seen ids, the heart of deduplication. Keys are keyed 128-bit hashes, evenly
// spread; 87 of their bits are compared or choose the place, so with 100 M keys resident a false
// duplicate has a chance of less than 10^-18 an event. A key is forgotten once its period is more
// than `window_periods` old; periods are log time divided by a fixed length (hours for events, days
// for conversions), so they never go back. Owned by one thread (the log's commit sequence).
//
// Structure: extendible hashing. The top bits of id_spread(hash.high) choose a segment of 64-byte
// buckets (one cache line: fingerprints, period tags, extra bits), the low bits of hash.low the
// bucket.
// Slots of expired keys are used again where they lie; a segment that fills up is swept, and split
// in two when that frees too little, so growth costs at most one segment's move (2 MiB) at a time.
// Segments are never merged: memory stays at its highest need.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/archive/archived_id.hpp"
#include "base/hash.hpp"
#include "base/id_piles.hpp"
#include "base/result.hpp"

namespace adbacus {

class IdWindow {
 public:
  // window_periods: 1..250. A key inserted in period p is present while now <= p + window_periods.
  // The first segment takes 2 MiB. bucket_bits: 4..24, buckets a segment as a power of two.
  explicit IdWindow(std::uint32_t window_periods, unsigned bucket_bits = 15);
  ~IdWindow();
  IdWindow(IdWindow&&) noexcept;
  IdWindow& operator=(IdWindow&&) noexcept;

  // For each key in order: known[i] = 1 if it is present, else 0 and it is inserted. A key twice in
  // `keys` is known the second time. Prefetches, so batches of 32 and more are much faster.
  // `period` must not be less than in any earlier call.
  void check_and_insert(std::span<const Hash128> keys, std::uint32_t period,
                        std::span<std::uint8_t> known);
  bool contains(const Hash128& key, std::uint32_t period) const;
  // Sets found[i] = 1 for each key that is present and leaves the others. Prefetches.
  void find(std::span<const Hash128> keys, std::uint32_t period,
            std::span<std::uint8_t> found) const;
  // Every key that is present in `period`, in rising order and pieces of some 100,000. Ends with
  // the first failure of `visit`. Any thread, while nobody changes the window. Needs 2^15 buckets a
  // segment or more.
  Result<void> visit_sorted(
      std::uint32_t period,
      const std::function<Result<void>(std::span<const ArchivedId>)>& visit) const;
  // Inserts a key with the period in which it was first seen (recovery); expired ones are ignored,
  // and a key that is present keeps its period.
  void restore(const Hash128& key, std::uint32_t seen_period, std::uint32_t now_period) {
    restore(std::span(&key, 1), seen_period, now_period);
  }
  // The same for many keys of one period; prefetches.
  void restore(std::span<const Hash128> keys, std::uint32_t seen_period, std::uint32_t now_period);
  // As restore() for every id of each of `piles` in order, on up to `threads` threads. The piles
  // have the same number of bits, at most pile_bits().
  void restore(std::span<const IdPiles* const> piles, std::uint32_t now_period, unsigned threads);
  // So many top bits of a key choose a part of the window that shares nothing with the others.
  unsigned pile_bits() const;
  // Before the first key: room for about this many, so that they need no moves while they come in.
  void reserve(std::size_t keys, std::uint32_t now_period);
  // Takes back keys of a group that failed to become durable.
  void erase(std::span<const Hash128> keys);

  std::size_t size() const;          // keys held, expired ones that were not yet reclaimed included
  std::size_t memory_bytes() const;  // allocated

 private:
  struct Table;
  std::unique_ptr<Table> table_;
};

}  // namespace adbacus
