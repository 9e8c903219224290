#include "processor/attribution/rule_set.hpp"

#include <algorithm>

namespace adbacus {

AttributionRuleSet::AttributionRuleSet(std::vector<AttributionRule> rules) {
  const auto take_windows = [&](const AttributionRule& rule) {
    longest_us_ =
        std::max(longest_us_, std::max(rule.click_window_hours, rule.view_window_hours) * kHourUs);
  };
  take_windows(default_);
  for (AttributionRule& rule : rules) {
    take_windows(rule);
    // A line item lies in one campaign, so a rule for it needs none.
    Key key{rule.line_item_id, rule.line_item_id.empty() ? rule.campaign_id : std::string(),
            rule.conversion_type};
    rules_.insert_or_assign(std::move(key), std::move(rule));
  }
}

const AttributionRule* AttributionRuleSet::find(std::string_view line_item_id,
                                                std::string_view campaign_id,
                                                std::string_view conversion_type) const {
  const auto found = rules_.find(
      Key(std::string(line_item_id), std::string(campaign_id), std::string(conversion_type)));
  return found == rules_.end() ? nullptr : &found->second;
}

const AttributionRule& AttributionRuleSet::rule_for(std::string_view campaign_id,
                                                    std::string_view line_item_id,
                                                    std::string_view conversion_type) const {
  if (rules_.empty()) return default_;
  const auto narrowest = [&](std::string_view line_item,
                             std::string_view campaign) -> const AttributionRule* {
    if (!conversion_type.empty()) {
      if (const auto* rule = find(line_item, campaign, conversion_type)) return rule;
    }
    return find(line_item, campaign, {});
  };
  if (!line_item_id.empty()) {
    if (const auto* rule = narrowest(line_item_id, {})) return *rule;
  }
  if (!campaign_id.empty()) {
    if (const auto* rule = narrowest({}, campaign_id)) return *rule;
  }
  if (const auto* rule = narrowest({}, {})) return *rule;
  return default_;
}

}  // namespace adbacus
