// Counts that everybody who serves shares: how often a user saw something, how fast somebody calls,
// who came first. Three narrow ports; each backend of them (counters/registry.hpp) passes
// counters/testing/contract.cpp. Thread-safe; calls of the memory backend take well under a
// microsecond, those of others a network round trip.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/clock.hpp"
#include "base/hash.hpp"
#include "base/result.hpp"

namespace adbacus {

// At most `count_max` uses of a scope by one user in any `period_s` seconds.
struct FrequencyLimit {
  std::uint64_t scope = 0;      // hash of what is capped: its kind and id
  std::uint32_t count_max = 1;  // at least 1
  std::uint32_t period_s = 0;   // at least 1
};

// Rolling windows, exact to the second, never in favour of one more use: a use counts for a whole
// second longer than its period.
class FrequencyCaps {
 public:
  virtual ~FrequencyCaps() = default;
  // The first of `candidates` none of whose limits is reached, which is then counted once in each
  // of its scopes; nullopt: none, and nothing is counted. One scope may have several limits; all
  // limits of a scope must be given with every use of it. `now` is wall time.
  virtual Result<std::optional<std::size_t>> take_first(
      const Hash128& user, std::span<const std::span<const FrequencyLimit>> candidates,
      TimeUs now_us) = 0;
  // Whether take_first() would take it now; counts nothing.
  virtual Result<bool> allows(const Hash128& user, std::span<const FrequencyLimit> limits,
                              TimeUs now_us) = 0;
  // Counts a use that took place earlier, whatever the limits say; `keep_s` is the longest period
  // of the scope. For recovery, in any order.
  virtual Result<void> restore(const Hash128& user, std::uint64_t scope, std::uint32_t keep_s,
                               TimeUs used_us, TimeUs now_us) = 0;
  // Takes one use at `used_us` back, as given to take_first(): it did not take place after all.
  virtual Result<void> take_back(const Hash128& user, std::span<const FrequencyLimit> limits,
                                 TimeUs used_us) = 0;
  // Forgets a user, in all scopes of `scopes`.
  virtual Result<void> forget(const Hash128& user, std::span<const std::uint64_t> scopes) = 0;
};

// A bucket that holds `quota` and is filled again evenly within `period_s`.
struct RateBucket {
  Hash128 key;
  std::uint32_t quota = 1;     // at least 1
  std::uint32_t period_s = 1;  // at least 1
};

struct RateAnswer {
  bool is_allowed = true;
  std::size_t tightest = 0;   // the bucket with the least left, or the one that refused
  std::uint32_t left = 0;     // of that bucket, after this call
  TimeUs full_after_us = 0;   // until it is full again
  TimeUs retry_after_us = 0;  // until the same cost would be allowed; 0 if it was
};

// GCRA (ITU-T I.371): one arrival time a bucket.
class RateLimits {
 public:
  virtual ~RateLimits() = default;
  // Takes `cost` from every bucket, or from none if one has too little left. `now` is monotonic.
  virtual Result<RateAnswer> take(std::span<const RateBucket> buckets, std::uint32_t cost,
                                  TimeUs now_us) = 0;
};

// Who comes first.
class Claims {
 public:
  virtual ~Claims() = default;
  // True for the first claim of the key, and again once it was released or `keep_us` are over.
  virtual Result<bool> claim(const Hash128& key, TimeUs now_us, TimeUs keep_us) = 0;
  virtual Result<void> release(const Hash128& key) = 0;
};

struct CounterStores {
  std::unique_ptr<FrequencyCaps> caps;
  std::unique_ptr<RateLimits> rates;
  std::unique_ptr<Claims> claims;
};

}  // namespace adbacus
