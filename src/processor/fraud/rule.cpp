#include "processor/fraud/rule.hpp"

#include <algorithm>

namespace adbacus {
namespace {

using Id = FraudRuleId;
using enum FraudClass;

constexpr std::int64_t kDayS = 24 * 60 * 60;
constexpr std::int64_t kManyMax = 1'000'000'000;

constexpr FraudRule rule(FraudClass hit_class, std::uint8_t weight,
                         std::array<std::int64_t, kFraudValues> values = {},
                         FraudMode mode = FraudMode::on) {
  return {.hit_class = hit_class, .mode = mode, .weight = weight, .values = values};
}

constexpr FraudValue more_than(std::string_view name) {
  return {name, 0, kManyMax};
}
constexpr FraudValue window_s() {
  return {"window_s", 1, 4 * kDayS};
}
constexpr FraudValue span_ms(std::string_view name) {
  return {name, 0, 4 * kDayS * 1000};
}

// Weights and numbers: docs/invalid_traffic.md says where each comes from.
constexpr std::array<FraudRuleRow, kFraudRules> kRows{{
    {Id::declared_bot, "declared_bot", "The user agent names a crawler (uap-core).", rule(givt, 0)},
    {Id::bot_agent, "bot_agent", "The user agent holds a word of the list of crawlers.",
     rule(givt, 0)},
    {Id::empty_agent, "empty_agent", "A browser would have sent a user agent.", rule(givt, 0)},
    {Id::library_agent, "library_agent", "An HTTP library where a browser is expected.",
     rule(givt, 0)},
    {Id::unseen_request, "unseen_request", "HEAD, prefetch, prerender or preview: nobody saw it.",
     rule(machine, 0)},
    {Id::data_centre, "data_centre", "The address lies in a data centre.", rule(givt, 0)},
    {Id::tor_exit, "tor_exit", "The address is an exit of the Tor network.", rule(givt, 0)},
    {Id::blocked_network, "blocked_network", "The address lies in a blocked network.",
     rule(givt, 0)},
    {Id::vpn, "vpn", "The address belongs to a VPN.", rule(sivt, 0)},
    {Id::geo_mismatch, "geo_mismatch", "The address lies in another country than was declared.",
     rule(sivt, 40)},
    {Id::honeypot, "honeypot", "Something that no person can see was used.", rule(sivt, 100)},
    {Id::honeypot_device,
     "honeypot_device",
     "The user was caught by a honeypot before.",
     rule(sivt, 80, {kDayS}),
     {{window_s()}}},
    {Id::honeypot_address,
     "honeypot_address",
     "The address was caught by a honeypot before.",
     rule(sivt, 40, {kDayS}),
     {{window_s()}}},
    {Id::hidden_slot,
     "hidden_slot",
     "The slot has no visible size.",
     rule(givt, 0, {1}),
     {{{"size_px_max", 0, 1000}}}},
    {Id::outside_slot, "outside_slot", "The click lies outside of its slot.", rule(sivt, 40)},
    {Id::user_velocity,
     "user_velocity",
     "More clicks of a user in a window.",
     rule(sivt, 0, {60, 60}),
     {{more_than("clicks"), window_s()}}},
    {Id::network_velocity,
     "network_velocity",
     "More clicks of a network on a campaign in a window; more agents, more clicks.",
     rule(sivt, 0, {30, 60, 5}),
     {{more_than("clicks"), window_s(), more_than("clicks_per_agent")}}},
    {Id::network_hourly,
     "network_hourly",
     "The same over a longer window.",
     rule(sivt, 0, {100, 3600, 20}),
     {{more_than("clicks"), window_s(), more_than("clicks_per_agent")}}},
    {Id::double_click,
     "double_click",
     "The user clicked this ad just before.",
     rule(repeat, 0, {10'000}),
     {{span_ms("within_ms")}}},
    {Id::click_cap,
     "click_cap",
     "More clicks of a user on an ad in a window.",
     rule(repeat, 0, {10, kDayS}, FraudMode::off),
     {{more_than("clicks"), window_s()}}},
    {Id::no_impression,
     "no_impression",
     "A decision's click without its impression.",
     rule(suspect, 0, {kDayS}),
     {{window_s()}}},
    {Id::early_click,
     "early_click",
     "A decision's click too soon behind its impression.",
     rule(sivt, 40, {800}),
     {{span_ms("within_ms")}}},
    {Id::unseen_click,
     "unseen_click",
     "A click without an impression of the ad for its user.",
     rule(sivt, 0, {kDayS}),
     {{window_s()}}},
    {Id::instant_install,
     "instant_install",
     "An install at once behind its click.",
     rule(sivt, 100, {2'000}),
     {{span_ms("within_ms")}}},
    {Id::hasty_install,
     "hasty_install",
     "An install very soon behind its click.",
     rule(sivt, 40, {2'000, 10'000}),
     {{span_ms("from_ms"), span_ms("within_ms")}}},
    {Id::instant_conversion,
     "instant_conversion",
     "Another conversion at once behind its click.",
     rule(sivt, 40, {1'000}),
     {{span_ms("within_ms")}}},
    {Id::injection, "injection", "A click between the begin of an install and its first open.",
     rule(sivt, 100)},
    {Id::flooding,
     "flooding",
     "Most of a source's many conversions come long behind their click.",
     rule(sivt, 0, {50, 6 * 3600, 60, 3600}),
     {{more_than("conversions"), window_s(), {"late_percent", 0, 100}, {"late_s", 1, 30 * kDayS}}}},
    {Id::low_conversion,
     "low_conversion",
     "A source with very many clicks for a conversion.",
     rule(sivt, 0, {10'000, kDayS, 1000}),
     {{more_than("clicks"), window_s(), {"clicks_per_conversion", 1, kManyMax}}}},
    {Id::install_farm,
     "install_farm",
     "More installs of a network in a window.",
     rule(sivt, 0, {10, 3600}),
     {{more_than("installs"), window_s()}}},
    {Id::many_addresses,
     "many_addresses",
     "A user on more addresses in a window.",
     rule(sivt, 0, {5, kDayS}),
     {{{"addresses", 1, 40}, window_s()}}},
    {Id::replayed_token, "replayed_token", "A decision id used again from another network.",
     rule(sivt, 100)},
    {Id::foreign_token, "foreign_token", "A decision id that is not ours, or no more.",
     rule(sivt, 0)},
}};

constexpr bool is_ordered() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (static_cast<std::size_t>(kRows[i].id) != i) return false;
  }
  return true;
}
static_assert(is_ordered());

constexpr std::array<std::string_view, 5> kClassNames{"givt", "machine", "sivt", "suspect",
                                                      "repeat"};
constexpr std::array<std::string_view, 3> kModeNames{"off", "shadow", "on"};

template <class Enum, std::size_t Count>
bool parse_name(const std::array<std::string_view, Count>& names, std::string_view text,
                Enum& out) {
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) return false;
  out = static_cast<Enum>(found - names.begin());
  return true;
}

}  // namespace

std::span<const FraudRuleRow, kFraudRules> fraud_rule_rows() {
  return kRows;
}

const FraudRuleRow& fraud_rule_row(FraudRuleId id) {
  return kRows[static_cast<std::size_t>(id)];
}

const FraudRuleRow* find_fraud_rule(std::string_view name) {
  const auto found = std::find_if(kRows.begin(), kRows.end(),
                                  [&](const FraudRuleRow& row) { return row.name == name; });
  return found == kRows.end() ? nullptr : &*found;
}

std::string_view fraud_class_name(FraudClass hit_class) {
  return kClassNames[static_cast<std::size_t>(hit_class)];
}

std::string_view fraud_mode_name(FraudMode mode) {
  return kModeNames[static_cast<std::size_t>(mode)];
}

bool parse_fraud_class(std::string_view text, FraudClass& out) {
  return parse_name(kClassNames, text, out);
}

bool parse_fraud_mode(std::string_view text, FraudMode& out) {
  return parse_name(kModeNames, text, out);
}

}  // namespace adbacus
