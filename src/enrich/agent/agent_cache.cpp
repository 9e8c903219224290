#include "enrich/agent/agent_cache.hpp"

#include "base/rng.hpp"

namespace adbacus {

Hash128 AgentCache::key_of(const AgentSigns& signs) {
  Hash128 key;
  if (!signs.has_hints()) {
    key = hash128(signs.user_agent, seed_);
  } else {
    joined_.clear();  // no part holds a zero byte: they are header fields or JSON
    for (const std::string_view part : {signs.user_agent, signs.brands, signs.mobile,
                                        signs.platform, signs.platform_version, signs.structured}) {
      joined_.append(part);
      joined_.push_back('\0');
    }
    key = hash128(joined_, seed_ + 1);
  }
  key.low |= 1;  // never that of a free place
  return key;
}

AgentCache::Place AgentCache::find_place(const Hash128& key) {
  if (sets_.empty()) {
    sets_.resize(kSets);
    facts_.resize(kSets * kWays);
  }
  const std::size_t number = key.high % kSets;
  Set& set = sets_[number];
  ++now_;
  std::size_t oldest = 0;
  for (std::size_t way = 0; way < kWays; ++way) {
    if (set.keys[way] == key) {
      set.used[way] = now_;
      return {number * kWays + way, false};
    }
    // Ages, so that the counter may begin again.
    if (now_ - set.used[way] > now_ - set.used[oldest]) oldest = way;
  }
  set.keys[oldest] = key;
  set.used[oldest] = now_;
  return {number * kWays + oldest, true};
}

AgentCache& thread_agent_cache() {
  thread_local AgentCache cache(secure_random_u64());
  return cache;
}

}  // namespace adbacus
