#include "base/id_window_segment.hpp"

#include <cassert>
#include <immintrin.h>

#include "base/id_spread.hpp"

namespace adbacus {
namespace {

constexpr unsigned kPassedShift = 24;
constexpr std::uint32_t kPassedOne = 1U << kPassedShift;
// At most 14 buckets of 6 keys can lie behind a bucket they passed, so 8 bits never overflow.
constexpr std::uint32_t kPassedAll = 0xffU << kPassedShift;

constexpr std::uint32_t distance_field(std::uint32_t state, unsigned slot) {
  return (state >> (4 * slot)) & 0xfU;
}
constexpr bool was_passed(std::uint32_t state) {
  return (state & kPassedAll) != 0;
}

// Bit i: slot i holds a key.
std::uint32_t taken_slots(std::uint32_t state) {
  return _pext_u32(state | (state >> 1U) | (state >> 2U) | (state >> 3U), 0x111111U);
}
constexpr std::uint32_t kAllSlots = 0x3fU;

constexpr std::uint8_t extra_of(const Hash128& key) {
  return static_cast<std::uint8_t>(key.low >> 56U);
}

}  // namespace

IdWindowSegment::IdWindowSegment(unsigned bucket_bits, std::uint32_t window_periods,
                                 std::uint32_t period, unsigned depth)
    : block_(sizeof(Bucket) << bucket_bits),
      buckets_(static_cast<Bucket*>(block_.data()), std::size_t{1} << bucket_bits),
      mask_(buckets_.size() - 1),
      // Above 7/8 the runs of full buckets grow steeply, and with them the cost of a new key.
      size_max_(buckets_.size() * kSlots / 16 * 13),
      window_periods_(window_periods),
      swept_(period),
      depth_(depth) {
  assert(bucket_bits >= 4 && bucket_bits <= 24);
}

int IdWindowSegment::find(const Bucket& bucket, const Hash128& key, unsigned distance) {
  const __m256i print = _mm256_set1_epi64x(static_cast<long long>(key.high));
  const auto same_in = [&](const std::uint64_t* four) {
    const __m256i prints = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(four));
    const __m256i same = _mm256_cmpeq_epi64(prints, print);
    return static_cast<std::uint32_t>(_mm256_movemask_pd(_mm256_castsi256_pd(same)));
  };
  std::uint32_t same = same_in(bucket.prints) | (same_in(bucket.prints + 2) << 2U);
  for (; same != 0; same &= same - 1) {
    const auto slot = static_cast<unsigned>(__builtin_ctz(same));
    if (bucket.extras[slot] == extra_of(key) &&
        distance_field(bucket.state, slot) == distance + 1) {
      return static_cast<int>(slot);
    }
  }
  return -1;
}

// A tag's distance from the oldest period a slot can have is exact modulo 256.
bool IdWindowSegment::is_expired(std::uint8_t tag, std::uint32_t now) const {
  const std::uint32_t oldest = swept_ - window_periods_;
  return static_cast<std::uint8_t>(tag - oldest) + std::int64_t{swept_} < std::int64_t{now};
}

// The same for a bucket at once; bit i: slot i holds an expired key. Needs ready_for(now).
std::uint32_t IdWindowSegment::expired_slots(const Bucket& bucket, std::uint32_t now) const {
  const __m128i tags = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(bucket.tags));
  const __m128i oldest = _mm_set1_epi8(static_cast<char>(swept_ - window_periods_));
  const __m128i alive_from = _mm_set1_epi8(static_cast<char>(now - swept_));
  const __m128i ages = _mm_sub_epi8(tags, oldest);
  const __m128i alive = _mm_cmpeq_epi8(_mm_max_epu8(ages, alive_from), ages);
  return ~static_cast<std::uint32_t>(_mm_movemask_epi8(alive)) & taken_slots(bucket.state);
}

IdWindowSegment::Place IdWindowSegment::vacancy(const Bucket& bucket, std::uint32_t now) const {
  // Expired slots first: they keep the table from growing while its traffic is steady.
  const std::uint32_t expired = expired_slots(bucket, now);
  const std::uint32_t free = ~taken_slots(bucket.state) & kAllSlots;
  const std::uint32_t any = expired != 0 ? expired : free;
  if (any == 0) return {};
  return {true, expired != 0, static_cast<unsigned>(__builtin_ctz(any)), 0};
}

void IdWindowSegment::fill(std::size_t bucket_index, unsigned slot, std::uint64_t print,
                           std::uint8_t extra, std::uint8_t tag, unsigned distance) {
  Bucket& bucket = buckets_[bucket_index];
  bucket.prints[slot] = print;
  bucket.extras[slot] = extra;
  bucket.tags[slot] = tag;
  bucket.state |= (distance + 1) << (4 * slot);
  for (unsigned back = 1; back <= distance; ++back) {
    buckets_[(bucket_index - back) & mask_].state += kPassedOne;
  }
  ++size_;
}

void IdWindowSegment::clear(std::size_t bucket_index, unsigned slot) {
  Bucket& bucket = buckets_[bucket_index];
  const std::uint32_t distance = distance_field(bucket.state, slot) - 1;
  bucket.state &= ~(0xfU << (4 * slot));
  --size_;
  for (std::uint32_t back = 1; back <= distance; ++back) {
    buckets_[(bucket_index - back) & mask_].state -= kPassedOne;
  }
}

void IdWindowSegment::collect(std::uint32_t now, std::vector<ArchivedId>& out) const {
  const std::uint32_t oldest = swept_ - window_periods_;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    const Bucket& bucket = buckets_[i];
    for (unsigned slot = 0; slot < kSlots; ++slot) {
      const std::uint32_t field = distance_field(bucket.state, slot);
      if (field == 0 || is_expired(bucket.tags[slot], now)) continue;
      const std::size_t home = (i - (field - 1)) & mask_;
      const Hash128 key{home | std::uint64_t{bucket.extras[slot]} << 56U, bucket.prints[slot]};
      out.push_back(
          ArchivedId::of(key, oldest + static_cast<std::uint8_t>(bucket.tags[slot] - oldest)));
    }
  }
}

IdWindowSegment::Put IdWindowSegment::put(const Hash128& key, std::uint32_t seen,
                                          std::uint32_t now) {
  const std::size_t home = home_of(key);
  const auto tag = static_cast<std::uint8_t>(seen);
  Place place;
  bool is_absent = false;
  for (unsigned step = 0; step <= kWalkMax; ++step) {
    Bucket& bucket = buckets_[(home + step) & mask_];
    if (!is_absent) {
      if (const int slot = find(bucket, key, step); slot >= 0) {
        std::uint8_t& known_tag = bucket.tags[slot];
        if (!is_expired(known_tag, now)) return Put::known;
        known_tag = tag;  // seen again after it was forgotten
        return Put::inserted;
      }
      is_absent = !was_passed(bucket.state) || step == kDistanceMax;
    }
    if (!place.is_found) {
      place = vacancy(bucket, now);
      place.distance = step;
    }
    if (place.is_found && is_absent) break;
  }
  if (!place.is_found) return Put::full;
  if (place.is_expired) {
    clear((home + place.distance) & mask_, place.slot);
  } else if (size_ >= size_max_) {
    return Put::full;
  }
  if (place.distance > 1) place = pull_closer(home, place);
  if (place.distance > kDistanceMax) return Put::full;
  fill((home + place.distance) & mask_, place.slot, key.high, extra_of(key), tag, place.distance);
  return Put::inserted;
}

// The free place is the end of a run of full buckets. Keys of the run that lie nearer to their home
// move back into it one after the other, so that no key ends up far from its home.
IdWindowSegment::Place IdWindowSegment::pull_closer(std::size_t home, Place free) {
  while (free.distance > 1) {
    const std::size_t from = (home + free.distance - 1) & mask_;
    const Bucket& bucket = buckets_[from];
    unsigned nearest = 0;
    for (unsigned slot = 1; slot < kSlots; ++slot) {
      const bool is_nearer =
          distance_field(bucket.state, slot) < distance_field(bucket.state, nearest);
      if (is_nearer) nearest = slot;
    }
    const unsigned distance = distance_field(bucket.state, nearest) - 1;
    if (distance + 2 > free.distance || distance == kDistanceMax) break;
    fill((from + 1) & mask_, free.slot, bucket.prints[nearest], bucket.extras[nearest],
         bucket.tags[nearest], distance + 1);
    clear(from, nearest);
    free = {true, false, nearest, free.distance - 1};
  }
  return free;
}

bool IdWindowSegment::contains(const Hash128& key, std::uint32_t now) const {
  for (unsigned step = 0; step <= kDistanceMax; ++step) {
    const Bucket& bucket = buckets_[(home_of(key) + step) & mask_];
    if (const int slot = find(bucket, key, step); slot >= 0) {
      return !is_expired(bucket.tags[slot], now);
    }
    if (!was_passed(bucket.state)) return false;
  }
  return false;
}

bool IdWindowSegment::erase(const Hash128& key) {
  for (unsigned step = 0; step <= kDistanceMax; ++step) {
    const std::size_t index = (home_of(key) + step) & mask_;
    if (const int slot = find(buckets_[index], key, step); slot >= 0) {
      clear(index, static_cast<unsigned>(slot));
      return true;
    }
    if (!was_passed(buckets_[index].state)) return false;
  }
  return false;
}

std::size_t IdWindowSegment::forget_expired(std::uint32_t now) {
  if (!ready_for(now)) return sweep(now);
  const std::size_t before = size_;
  for (std::size_t index = 0; index < buckets_.size(); ++index) {
    std::uint32_t expired = expired_slots(buckets_[index], now);
    for (; expired != 0; expired &= expired - 1) {
      clear(index, static_cast<unsigned>(__builtin_ctz(expired)));
    }
  }
  swept_ = now;
  return before - size_;
}

std::size_t IdWindowSegment::sweep(std::uint32_t now) {
  const std::size_t before = size_;
  redistribute(now, *this);
  swept_ = now;
  return before - size_;
}

void IdWindowSegment::split_into(IdWindowSegment& sibling, std::uint32_t now) {
  assert(sibling.size_ == 0 && sibling.mask_ == mask_);
  redistribute(now, sibling);
  swept_ = sibling.swept_ = now;
  ++depth_;
  sibling.depth_ = depth_;
}

// Drops expired keys, moves those with the next bit to `sibling` (if it is another segment), and
// puts the rest as close to home as they can be. Buckets are taken in order, starting behind one
// that no key passed, so a bucket's keys find their home and everything up to this bucket final:
// they were there before, so there is room for them not farther from home than they are.
void IdWindowSegment::redistribute(std::uint32_t now, IdWindowSegment& sibling) {
  std::size_t start = 0;
  while (start < mask_ && was_passed(buckets_[start].state)) ++start;
  size_ = 0;
  for (std::size_t step = 1; step <= buckets_.size(); ++step) {
    const std::size_t index = (start + step) & mask_;
    const Bucket bucket = buckets_[index];
    buckets_[index].state = 0;
    for (std::uint32_t taken = taken_slots(bucket.state); taken != 0; taken &= taken - 1) {
      const auto slot = static_cast<unsigned>(__builtin_ctz(taken));
      if (is_expired(bucket.tags[slot], now)) continue;
      const bool has_bit = ((id_spread(bucket.prints[slot]) >> (63 - depth_)) & 1U) != 0;
      IdWindowSegment& target = has_bit ? sibling : *this;
      const std::size_t home = index + 1 - distance_field(bucket.state, slot);
      target.settle(home & mask_, bucket, slot);
    }
  }
}

void IdWindowSegment::settle(std::size_t home, const Bucket& from, unsigned slot) {
  for (unsigned distance = 0; distance <= kDistanceMax; ++distance) {
    const std::size_t index = (home + distance) & mask_;
    const std::uint32_t free = ~taken_slots(buckets_[index].state) & kAllSlots;
    if (free == 0) continue;
    fill(index, static_cast<unsigned>(__builtin_ctz(free)), from.prints[slot], from.extras[slot],
         from.tags[slot], distance);
    return;
  }
  assert(false && "a key must find room not farther from home than before");
}

}  // namespace adbacus
