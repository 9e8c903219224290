#include "processor/attribution/rule_history.hpp"

#include <algorithm>

namespace adbacus {

void RuleHistory::take(Seq seq, const AttributionRulesEntry& entry) {
  std::vector<Version>& versions = of_tenants_[entry.tenant];
  if (!versions.empty() && versions.back().from >= seq) return;
  const Seq from = versions.empty() && !is_whole_ ? 0 : seq;
  versions.push_back({.from = from, .rules = AttributionRuleSet(entry.rules)});
  longest_us_ = std::max(longest_us_, versions.back().rules.longest_window_us());
  has_last_touch_ = has_last_touch_ || std::ranges::any_of(entry.rules, [](const auto& rule) {
                      return rule.model == AttributionModel::last_touch;
                    });
}

const AttributionRule& RuleHistory::rule_for(std::string_view tenant, std::string_view campaign_id,
                                             std::string_view line_item_id,
                                             std::string_view conversion_type,
                                             Seq conversion) const {
  const AttributionRuleSet* rules = &default_;
  if (const auto versions = of_tenants_.find(tenant); versions != of_tenants_.end()) {
    for (const Version& version : versions->second) {
      if (version.from <= conversion) rules = &version.rules;
    }
  }
  return rules->rule_for(campaign_id, line_item_id, conversion_type);
}

Result<RuleHistory> read_rule_history(ControlLog& log, Seq first, Seq last) {
  RuleHistory history(first <= 1);
  Result<void> good;
  const auto visited = log.visit_controls(first, [&](const LogControl& control) {
    const bool is_rules = control.kind == static_cast<std::uint8_t>(ControlKind::attribution_rules);
    if (!is_rules || control.seq > last || !good) return;
    const auto meaning = decode_control(control);
    if (meaning) {
      history.take(control.seq, std::get<AttributionRulesEntry>(*meaning));
    } else {
      good = meaning.error();
    }
  });
  if (!visited) return visited.error();
  if (!good) return good.error();
  return history;
}

}  // namespace adbacus
