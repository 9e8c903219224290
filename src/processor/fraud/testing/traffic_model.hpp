// The rules of invalid traffic as plainly as they can be said: every event is kept, and each rule
// looks at all of them again. For tests. Agents and addresses must be few.
#pragma once

#include <vector>

#include "processor/fraud/traffic_facts.hpp"
#include "processor/fraud/verdict.hpp"

namespace adbacus {

class TrafficModel {
 public:
  TrafficModel(const FraudRuleSet& rules, TimeUs known_from_us)
      : rules_(rules), known_from_us_(known_from_us) {}
  FraudVerdict judge(const TrafficFacts& facts);

 private:
  struct Past {
    TrafficFacts facts;
    std::optional<TimeUs> delay_us = {};  // of a conversion, behind the click known then
  };
  std::int64_t value(FraudRuleId id, std::size_t index) const { return rules_[id].values[index]; }
  TimeUs seconds(FraudRuleId id, std::size_t index) const { return value(id, index) * kSecondUs; }
  TimeUs ms(FraudRuleId id, std::size_t index) const { return value(id, index) * kMillisecondUs; }
  bool is_same_window(FraudRuleId id, std::size_t index, TimeUs a, TimeUs b) const;
  // Of the earlier events and this one, those for which fn(facts) holds.
  template <class Fn>
  std::vector<const Past*> those(Fn&& fn) const;
  std::optional<TimeUs> first_time(const std::vector<const Past*>& events) const;
  std::optional<TimeUs> last_time(const std::vector<const Past*>& events) const;
  void look_at_event(const TrafficFacts& f);
  void look_at_honeypots(const TrafficFacts& f);
  void look_at_impressions(const TrafficFacts& f);
  void look_at_counts(const TrafficFacts& f);
  void look_at_network(const TrafficFacts& f, FraudRuleId id);
  void look_at_source(const TrafficFacts& f);
  void look_at_conversion(Past& past);
  void hit(FraudRuleId id, std::int64_t measured = 1);

  FraudRuleSet rules_;
  TimeUs known_from_us_;
  std::vector<Past> past_;
  FraudVerdict verdict_;
};

}  // namespace adbacus
