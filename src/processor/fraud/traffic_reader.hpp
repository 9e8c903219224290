// What an event of the log says to the rules of invalid traffic. The lists are those in force at
// the event's place in the log. Owned by one thread.
//
// Records do not carry these facts yet, and their rules find nothing: is_browser_door,
// is_unseen_request, is_honeypot, is_elsewhere, install_begin_us. An address is looked up as far as
// a record has it: a network holds it only if it holds the whole /24 or /48.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/network/network_table.hpp"
#include "model/event_codec.hpp"
#include "processor/fraud/agent_words.hpp"
#include "processor/fraud/traffic_facts.hpp"

namespace adbacus {

struct TrafficLists {
  NetworkTable networks;  // bits of traffic_list
  AgentWords agents;      // bits of agent_list
};

class TrafficReader {
 public:
  // `seed` keys the hashes: the log's (LogIdentity::hash_seed), so that a replay has the same ones.
  TrafficReader(std::shared_ptr<const TrafficLists> lists, std::uint64_t seed);

  TrafficFacts read(const PackedEvent& event, Disposition disposition);

 private:
  // Answers of the lists, by hash; the one that was asked for last stays.
  class Memo {
   public:
    Memo() : places_(kPlaces) {}
    template <class Ask>
    std::uint8_t find(std::uint64_t key, Ask&& ask) {
      Place& place = places_[key % kPlaces];
      if (place.key != key) place = {key, ask()};
      return place.answer;
    }

   private:
    static constexpr std::size_t kPlaces = 1U << 13U;
    struct Place {
      std::uint64_t key = 0;
      std::uint8_t answer = 0;
    };
    std::vector<Place> places_;
  };
  void read_agent(const PackedEvent& event, TrafficFacts& facts);
  void read_address(const PackedEvent& event, std::uint64_t tenant, TrafficFacts& facts);

  std::shared_ptr<const TrafficLists> lists_;
  std::uint64_t seed_;
  std::string packed_install_;
  Memo agents_;
  Memo networks_;
  Arena arena_;
};

}  // namespace adbacus
