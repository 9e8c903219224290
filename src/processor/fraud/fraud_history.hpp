// The rules that look back at earlier events, and what they remember. Bounded: what is forgotten is
// never taken for what did not happen. A fold: the same facts in the same order give the same hits.
// Owned by one thread.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "processor/fraud/key_table.hpp"
#include "processor/fraud/traffic_facts.hpp"
#include "processor/fraud/verdict.hpp"

namespace adbacus {

class FraudHistory {
 public:
  // `rules` must outlive it. `known_from_us`: there may be events of earlier times that it is not
  // shown, so it waits as long as its rules look back before it says that something was not there.
  // 0: it is shown all there are.
  FraudHistory(const FraudRuleSet& rules, TimeUs known_from_us);
  // Goes on from what `before` remembers under its rules, as far as these ask for the same.
  FraudHistory(const FraudRuleSet& rules, FraudHistory&& before);

  // Starts the memory accesses of judge(), some events ahead.
  void prefetch(const TrafficFacts& facts) const;
  void judge(const TrafficFacts& facts, FraudHits& hits);

  std::size_t memory_bytes() const;
  // Everything that it remembers; load() answers false for what save() of equal rules did not make,
  // and then the history must not be used.
  void save(std::string& out) const;
  bool load(std::string_view in);

 private:
  // Of the 64 bits of a window's number: how often, and what else the rule counts.
  struct WindowCount {
    std::uint32_t count = 0;
    std::uint32_t other = 0;
  };

  bool has(FraudRuleId id) const { return rules_[id].mode != FraudMode::off; }
  std::int64_t value(FraudRuleId id, std::size_t index) const { return rules_[id].values[index]; }
  KeyTable& windows(FraudRuleId id) { return windows_[static_cast<std::size_t>(id)]; }
  // The window of `subject` that the event lies in, by the rule's value at `window_index`.
  std::uint64_t& window(FraudRuleId id, TrafficKey subject, TimeUs time_us,
                        std::size_t window_index = 1);
  std::uint64_t window_key(FraudRuleId id, TrafficKey subject, TimeUs time_us,
                           std::size_t window_index) const;

  void judge_honeypots(const TrafficFacts& facts, FraudHits& hits);
  void note_impression(const TrafficFacts& facts, FraudHits& hits);
  std::uint64_t judge_replay(const TrafficFacts& facts, std::uint64_t place, FraudHits& hits);
  void judge_use(const TrafficFacts& facts, FraudHits& hits);
  void judge_addresses(const TrafficFacts& facts, FraudHits& hits);
  void judge_click(const TrafficFacts& facts, FraudHits& hits);
  void judge_velocity(const TrafficFacts& facts, FraudHits& hits);
  void judge_network_velocity(FraudRuleId id, const TrafficFacts& facts, FraudHits& hits);
  void judge_doubles(const TrafficFacts& facts, FraudHits& hits);
  void judge_decision_click(const TrafficFacts& facts, FraudHits& hits);
  void judge_other_click(const TrafficFacts& facts, FraudHits& hits);
  void note_click(const TrafficFacts& facts);
  void judge_conversion(const TrafficFacts& facts, FraudHits& hits);
  void judge_delay(const TrafficFacts& facts, TimeUs click_us, FraudHits& hits);
  void judge_source(const TrafficFacts& facts, FraudHits& hits);
  std::optional<TimeUs> click_before(const TrafficFacts& facts) const;
  bool is_surely_absent(std::uint64_t key, FraudRuleId id, TimeUs time_us) const;
  template <class Fn>
  void for_each_table(Fn&& fn);
  bool counts_as(const FraudHistory& other, FraudRuleId id) const;

  const FraudRuleSet& rules_;
  std::array<KeyTable, kFraudRules> windows_;  // of the rules that count in windows
  KeyTable clicks_;
  KeyTable impressions_;               // times alone: what is lost is a time
  KeyTable uses_;                      // where decisions were used first, but for impressions
  KeyTable honeypots_;                 // what they caught
  std::uint64_t newest_catch_us_ = 0;  // 0: nothing yet
  std::uint64_t known_from_us_;
  std::uint64_t newest_us_ = 0;  // event time
};

}  // namespace adbacus
