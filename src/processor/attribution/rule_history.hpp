// The attribution rules of every tenant and from where in the log on they held. Owned by one
// thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "eventlog/control_entries.hpp"
#include "eventlog/event_log.hpp"
#include "processor/attribution/rule_set.hpp"

namespace adbacus {

class RuleHistory {
 public:
  // `is_whole`: no entry of the log is missing before the first one taken. Else a tenant's first
  // rules hold for what was before them too: they are those that were said again.
  explicit RuleHistory(bool is_whole = true) : is_whole_(is_whole) {}

  // In the order of the log; what is known already is passed over.
  void take(Seq seq, const AttributionRulesEntry& entry);

  // The rule for a touch of that campaign and line item and a conversion at place `conversion`.
  const AttributionRule& rule_for(std::string_view tenant, std::string_view campaign_id,
                                  std::string_view line_item_id, std::string_view conversion_type,
                                  Seq conversion) const;
  // The longest time between a touch and its conversion that any rule ever allowed.
  TimeUs longest_window_us() const { return longest_us_; }
  // Whether any rule ever had that model.
  bool has_last_touch() const { return has_last_touch_; }

 private:
  struct Version {
    Seq from = 0;
    AttributionRuleSet rules;
  };
  bool is_whole_;
  AttributionRuleSet default_;
  TimeUs longest_us_ = default_.longest_window_us();
  bool has_last_touch_ = false;
  std::map<std::string, std::vector<Version>, std::less<>> of_tenants_;  // by `from`
};

// What the log says about rules up to place `last`.
Result<RuleHistory> read_rule_history(ControlLog& log, Seq first, Seq last);

}  // namespace adbacus
