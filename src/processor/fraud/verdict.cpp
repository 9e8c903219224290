#include "processor/fraud/verdict.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <limits>

namespace adbacus {

void FraudHits::add(FraudRuleId id, std::uint64_t measured) {
  const FraudMode mode = rules_[id].mode;
  if (mode == FraudMode::off) return;
  (mode == FraudMode::on ? hits_.reasons : hits_.shadow) |= fraud_reason(id);
  hits_.measured[static_cast<std::size_t>(id)] = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(measured, std::numeric_limits<std::uint32_t>::max()));
}

FraudVerdict FraudHits::verdict() const {
  FraudVerdict verdict = hits_;
  unsigned score = 0;
  bool is_givt = false;
  bool is_machine = false;
  bool is_suspect = false;
  for (FraudReasons left = verdict.reasons; left != 0; left &= left - 1) {
    const FraudRule& rule = rules_.rules[static_cast<std::size_t>(__builtin_ctzll(left))];
    score += rule.weight;
    is_givt = is_givt || rule.hit_class == FraudClass::givt;
    is_machine = is_machine || rule.hit_class == FraudClass::machine;
    is_suspect = is_suspect || rule.hit_class == FraudClass::suspect;
    verdict.is_repeat = verdict.is_repeat || rule.hit_class == FraudClass::repeat;
  }
  verdict.score = static_cast<std::uint8_t>(std::min<unsigned>(score, kFraudScoreMax));
  verdict.traffic_class = is_givt                                ? TrafficClass::givt
                          : is_machine                           ? TrafficClass::machine
                          : verdict.score >= rules_.invalid_from ? TrafficClass::sivt
                          : is_suspect || verdict.score >= rules_.suspect_from
                              ? TrafficClass::suspect
                              : TrafficClass::valid;
  return verdict;
}

std::string fraud_reason_names(FraudReasons reasons) {
  std::string names;
  for (const FraudRuleRow& row : fraud_rule_rows()) {
    if ((reasons & fraud_reason(row.id)) == 0) continue;
    if (!names.empty()) names += ", ";
    names += row.name;
  }
  return names;
}

std::string fraud_evidence(const FraudVerdict& verdict, const FraudRuleSet& rules, FraudRuleId id) {
  const FraudRuleRow& row = fraud_rule_row(id);
  const FraudRule& rule = rules[id];
  std::string values;
  for (std::size_t i = 0; i < kFraudValues && !row.values[i].name.empty(); ++i)
    values += fmt::format("{}{} {}", i == 0 ? " (" : ", ", row.values[i].name, rule.values[i]);
  if (!values.empty()) values += ')';
  return fmt::format("{}/{}: {}{}", row.name, rule.version,
                     verdict.measured[static_cast<std::size_t>(id)], values);
}

}  // namespace adbacus
