// Which rule judges a touch for a conversion type. Immutable; any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "model/measurement.hpp"

namespace adbacus {

class AttributionRuleSet {
 public:
  // The rules of one tenant. Of two for the same campaign, line item and type the later one counts.
  explicit AttributionRuleSet(std::vector<AttributionRule> rules = {});

  // The narrowest that fits: line item and type, line item, campaign and type, campaign, type, the
  // tenant's own; else the default (last click within 24 hours, then last view within 24 hours).
  const AttributionRule& rule_for(std::string_view campaign_id, std::string_view line_item_id,
                                  std::string_view conversion_type) const;
  // The longest time between a touch and its conversion that any rule allows.
  TimeUs longest_window_us() const { return longest_us_; }

 private:
  using Key = std::tuple<std::string, std::string, std::string>;  // line item, campaign, type
  const AttributionRule* find(std::string_view line_item_id, std::string_view campaign_id,
                              std::string_view conversion_type) const;

  std::map<Key, AttributionRule> rules_;
  AttributionRule default_;
  TimeUs longest_us_ = 0;
};

}  // namespace adbacus
