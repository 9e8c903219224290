// The rules that are in force together, and their text: a JSON object, as a catalog or a file keeps
// it (docs/invalid_traffic.md). Immutable once made; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "processor/fraud/rule.hpp"

namespace adbacus {

// How many keys the state of the rules holds at most, by what it is about: the memory is 16 bytes
// each, taken at once. Powers of two. They belong to the rules: what is forgotten can change a
// verdict.
struct FraudStateSizes {
  std::uint32_t window_keys = 1U << 18U;      // of each rule that counts in windows
  std::uint32_t click_keys = 1U << 19U;       // last clicks, by user, by click id and by ad
  std::uint32_t impression_keys = 1U << 20U;  // impressions, by decision and by user and ad
  friend bool operator==(const FraudStateSizes&, const FraudStateSizes&) = default;
};
inline constexpr std::uint32_t kFraudKeysMin = 8;
inline constexpr std::uint32_t kFraudKeysMax = 1U << 28U;

struct FraudRuleSet {
  std::string name = "default";  // 1 to 64 of a-z, 0-9, '_', '.', '-'
  std::uint32_t version = 1;     // raised with every change of a published set
  // Scores from here on make an event suspect, and invalid.
  std::uint8_t suspect_from = 50;
  std::uint8_t invalid_from = 80;
  FraudStateSizes sizes;
  std::array<FraudRule, kFraudRules> rules{};  // by FraudRuleId

  // What is in force without any configuration.
  static FraudRuleSet defaults();
  const FraudRule& operator[](FraudRuleId id) const { return rules[static_cast<std::size_t>(id)]; }
  FraudRule& operator[](FraudRuleId id) { return rules[static_cast<std::size_t>(id)]; }
  // Names the set in verdicts: equal for equal sets, on every machine.
  std::uint64_t hash() const;
  friend bool operator==(const FraudRuleSet&, const FraudRuleSet&) = default;
};

// With every rule and every field, in a fixed order: equal sets have equal texts.
std::string fraud_rule_set_text(const FraudRuleSet& set);

// A rule that is not named is off; a field that is not named is as in the default set. At most
// 256 KiB. invalid_argument: the message begins with the field, as in "rules[3].clicks: …".
Result<FraudRuleSet> parse_fraud_rule_set(std::string_view text);

}  // namespace adbacus
