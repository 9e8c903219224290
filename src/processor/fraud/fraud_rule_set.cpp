#include "processor/fraud/fraud_rule_set.hpp"

#include <fmt/format.h>
#include <iterator>

#include "base/hash.hpp"

namespace adbacus {

FraudRuleSet FraudRuleSet::defaults() {
  FraudRuleSet set;
  for (const FraudRuleRow& row : fraud_rule_rows()) set[row.id] = row.defaults;
  return set;
}

std::uint64_t FraudRuleSet::hash() const {
  return hash64(fraud_rule_set_text(*this), 0);
}

std::string fraud_rule_set_text(const FraudRuleSet& set) {
  std::string text;
  auto out = std::back_inserter(text);
  fmt::format_to(out,
                 "{{\"name\":\"{}\",\"version\":{},\"suspect_from\":{},\"invalid_from\":{},"
                 "\"window_keys\":{},\"click_keys\":{},\"impression_keys\":{},\"rules\":[",
                 set.name, set.version, set.suspect_from, set.invalid_from, set.sizes.window_keys,
                 set.sizes.click_keys, set.sizes.impression_keys);
  for (const FraudRuleRow& row : fraud_rule_rows()) {
    const FraudRule& rule = set[row.id];
    fmt::format_to(
        out, "{}\n{{\"id\":\"{}\",\"version\":{},\"class\":\"{}\",\"mode\":\"{}\",\"weight\":{}",
        &row == fraud_rule_rows().data() ? "" : ",", row.name, rule.version,
        fraud_class_name(rule.hit_class), fraud_mode_name(rule.mode), rule.weight);
    for (std::size_t i = 0; i < kFraudValues && !row.values[i].name.empty(); ++i)
      fmt::format_to(out, ",\"{}\":{}", row.values[i].name, rule.values[i]);
    text += '}';
  }
  text += "\n]}\n";
  return text;
}

}  // namespace adbacus
