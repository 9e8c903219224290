// Counts refused requests by who was refused what, so that they can be written down in few entries
// however many they are. Bounded in memory, and in what it hands out in a day. add() is called on
// I/O threads, the rest by refusal_audit; thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "base/hash.hpp"
#include "base/text_hash.hpp"

namespace adbacus {

// Refusals that differ in nothing but their time.
struct RefusalRecord {
  std::string tenant = {};   // empty: of nobody known, or of an operator that named none
  std::string actor = {};    // public part of the credential; empty: none that is known
  std::string network = {};  // /24 or /48 of the caller
  int status = 0;            // 401, 403, 429; 0: of all kinds, there were too many to tell apart
  std::string code = {};
  std::string route = {};  // "GET /v1/campaigns/{id}"
  std::uint64_t count = 0;
  TimeUs first_us = 0;  // wall clock, as is the next
  TimeUs last_us = 0;
  std::string request_id = {};  // of the first
  bool operator==(const RefusalRecord&) const = default;
};

struct RefusalTallyLimits {
  std::size_t tenants_max = 1'000;
  std::size_t kinds_max = 128;           // of one tenant, told apart at one time
  TimeUs first_wait_us = 0;              // from the first refusal of a kind until it is handed out
  TimeUs next_wait_us = 20 * kSecondUs;  // until its next ones are; twice as long each time ...
  TimeUs wait_max_us = kHourUs;          // ... and at most so long
  std::uint32_t burst = 64;              // records of one tenant at once, and ...
  TimeUs period_us = kMinuteUs;          // ... one more in so long
};

class RefusalTally {
 public:
  explicit RefusalTally(const RefusalTallyLimits& limits) : limits_(limits) {}

  // One more of `refusal`, whose count and times are not read. `wall_us` tells when, `mono_us` what
  // is due.
  void add(RefusalRecord refusal, TimeUs wall_us, TimeUs mono_us);
  // What is due, by tenant; their counts start anew.
  std::vector<RefusalRecord> take_due(TimeUs mono_us);
  std::vector<RefusalRecord> take_all();
  // What was taken and could not be written.
  void give_back(const std::vector<RefusalRecord>& records, TimeUs mono_us);

 private:
  struct Kind {
    RefusalRecord record;  // a count of 0: quiet since it was handed out
    TimeUs due_us = 0;
    TimeUs wait_us = 0;
  };
  struct KeyHash {
    std::size_t operator()(const Hash128& key) const { return key.low; }
  };
  struct Tenant {
    std::unordered_map<Hash128, Kind, KeyHash> kinds;
    std::size_t quiet = 0;   // of them
    std::uint32_t left = 0;  // records that may be handed out
    TimeUs filled_us = 0;    // when `left` was last raised
  };
  Tenant& tenant_of(RefusalRecord& refusal, TimeUs mono_us);
  void make_room(Tenant& tenant);
  Kind& kind_of(Tenant& tenant, RefusalRecord& refusal, TimeUs mono_us);
  void merge(RefusalRecord refusal, TimeUs mono_us);
  void take(Tenant& tenant, TimeUs mono_us, std::vector<RefusalRecord>& out);

  const RefusalTallyLimits limits_;
  std::mutex mutex_;
  std::unordered_map<std::string, Tenant, TextHash, std::equal_to<>> tenants_;  // by mutex_
};

}  // namespace adbacus
