// Facts of the agents met lately, so that an agent that comes again costs a hash and a look.
// Belongs to one thread; a hit allocates nothing.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/hash.hpp"
#include "enrich/agent/agent_facts.hpp"

namespace adbacus {

class AgentCache {
 public:
  // Agents are told apart by 128-bit hashes under `seed`, which senders must not know.
  explicit AgentCache(std::uint64_t seed) : seed_(seed) {}
  // What parse(signs) answers, now or when it was asked before. Valid until the next call. The
  // least recently asked of eight in one place gives way, of 32,768 in all (about 4 MiB).
  template <class Parse>
  const AgentFacts& find(const AgentSigns& signs, Parse&& parse) {
    const Place place = find_place(key_of(signs));
    AgentFacts& facts = facts_[place.number];
    if (place.is_new) {
      facts = AgentFacts();
      facts = parse(signs);
    }
    return facts;
  }

 private:
  static constexpr std::size_t kWays = 8;
  static constexpr std::size_t kSets = 4096;
  struct Set {
    std::array<Hash128, kWays> keys{};        // both halves 0: free
    std::array<std::uint32_t, kWays> used{};  // when it was asked for last
  };
  struct Place {
    std::size_t number = 0;
    bool is_new = false;
  };
  Hash128 key_of(const AgentSigns& signs);
  Place find_place(const Hash128& key);

  const std::uint64_t seed_;
  std::uint32_t now_ = 0;
  std::string joined_;
  std::vector<Set> sets_;  // made with the first agent
  std::vector<AgentFacts> facts_;
};

// The calling thread's own, with a seed drawn at random.
AgentCache& thread_agent_cache();

}  // namespace adbacus
