// What the rules say of one event. Plain values.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "model/event.hpp"
#include "processor/fraud/fraud_rule_set.hpp"

namespace adbacus {

struct FraudVerdict {
  TrafficClass traffic_class = TrafficClass::valid;
  bool is_repeat = false;  // counts as Disposition::repeat
  std::uint8_t score = 0;  // at most kFraudScoreMax
  FraudReasons reasons = 0;
  FraudReasons shadow = 0;  // hits of rules in mode shadow
  // Of each hit: what was counted, a number of milliseconds, or 1. By FraudRuleId.
  std::array<std::uint32_t, kFraudRules> measured{};
  friend bool operator==(const FraudVerdict&, const FraudVerdict&) = default;
};

// Collects the hits on one event. The rules must outlive it.
class FraudHits {
 public:
  explicit FraudHits(const FraudRuleSet& rules) : rules_(rules) {}
  void add(FraudRuleId id, std::uint64_t measured = 1);
  // Class and score, from all hits.
  FraudVerdict verdict() const;

 private:
  const FraudRuleSet& rules_;
  FraudVerdict hits_;
};

// "user_velocity, geo_mismatch", in the order of the rules.
std::string fraud_reason_names(FraudReasons reasons);
// Why a rule hit: "user_velocity/1: 61 (clicks 60, window_s 60)".
std::string fraud_evidence(const FraudVerdict& verdict, const FraudRuleSet& rules, FraudRuleId id);

}  // namespace adbacus
