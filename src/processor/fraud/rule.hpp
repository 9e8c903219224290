// The rules of invalid-traffic detection as data: what each is called, which class it puts an event
// in, what it weighs and which numbers it takes. Plain values, free of threads.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace adbacus {

// A rule's place here is its bit in FraudReasons, which are stored with events: new rules come
// last.
enum class FraudRuleId : std::uint8_t {
  declared_bot,
  bot_agent,
  empty_agent,
  library_agent,
  unseen_request,
  data_centre,
  tor_exit,
  blocked_network,
  vpn,
  geo_mismatch,
  honeypot,
  honeypot_device,
  honeypot_address,
  hidden_slot,
  outside_slot,
  user_velocity,
  network_velocity,
  network_hourly,
  double_click,
  click_cap,
  no_impression,
  early_click,
  unseen_click,
  instant_install,
  hasty_install,
  instant_conversion,
  injection,
  flooding,
  low_conversion,
  install_farm,
  many_addresses,
  replayed_token,
  foreign_token,
};
inline constexpr std::size_t kFraudRules = 33;

// What an event that a rule hits becomes.
enum class FraudClass : std::uint8_t {
  givt,     // class givt, whatever the score
  machine,  // class machine, whatever the score, unless a rule says givt
  sivt,     // nothing by itself: its weight counts
  suspect,  // at least class suspect; its weight counts too
  repeat,   // counts as a repeat; its class is untouched
};
enum class FraudMode : std::uint8_t { off, shadow, on };  // shadow: noted, without effect

inline constexpr std::uint8_t kFraudScoreMax = 100;
inline constexpr std::size_t kFraudValues = 4;

struct FraudRule {
  FraudClass hit_class = FraudClass::sivt;
  FraudMode mode = FraudMode::off;
  std::uint8_t weight = 0;    // 0: a flag or an alert, which changes nothing; 100: invalid
  std::uint16_t version = 1;  // raised by whoever changes the rule
  std::array<std::int64_t, kFraudValues> values{};  // by FraudRuleRow::values; others 0
  friend bool operator==(const FraudRule&, const FraudRule&) = default;
};

struct FraudValue {
  std::string_view name = {};  // with its unit; empty: there is none
  std::int64_t min = 0;
  std::int64_t max = 0;
};

struct FraudRuleRow {
  FraudRuleId id;
  std::string_view name;     // as in texts and reports
  std::string_view meaning;  // one sentence
  FraudRule defaults;
  std::array<FraudValue, kFraudValues> values = {};
};

// One row a rule, in the order of FraudRuleId.
std::span<const FraudRuleRow, kFraudRules> fraud_rule_rows();
const FraudRuleRow& fraud_rule_row(FraudRuleId id);
// Null: no rule has that name.
const FraudRuleRow* find_fraud_rule(std::string_view name);

std::string_view fraud_class_name(FraudClass hit_class);
std::string_view fraud_mode_name(FraudMode mode);
bool parse_fraud_class(std::string_view text, FraudClass& out);
bool parse_fraud_mode(std::string_view text, FraudMode& out);

// A set of rules, one bit each.
using FraudReasons = std::uint64_t;
static_assert(kFraudRules <= 64);
constexpr FraudReasons fraud_reason(FraudRuleId id) {
  return FraudReasons{1} << static_cast<unsigned>(id);
}

}  // namespace adbacus
