// How results are judged: attribution rules, conversion types, experiments. Plain values; an empty
// text or no value means "not set".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "model/campaign.hpp"

namespace adbacus {

enum class AttributionModel : std::uint8_t {
  last_click,
  first_click,
  last_touch,
  linear,
  time_decay,
  position_based,
};

// The narrowest rule that fits a conversion applies: line item, campaign and conversion type,
// campaign, conversion type, tenant.
struct AttributionRule {
  std::string name = {};
  std::string campaign_id = {};      // empty: every campaign
  std::string line_item_id = {};     // empty: every line item
  std::string conversion_type = {};  // the field `type` of conversions; empty: every type
  AttributionModel model = AttributionModel::last_click;
  std::int64_t click_window_hours = 24;
  std::int64_t view_window_hours = 24;
  std::int64_t half_life_hours = 168;  // of time_decay
  bool operator==(const AttributionRule&) const = default;
};

// Conversions of these types take money away, whoever manages which types.
inline bool takes_money_away(std::string_view conversion_type) {
  return conversion_type == "refund" || conversion_type == "chargeback";
}

struct ConversionType {
  std::string key = {};  // the field `type` of conversions: "purchase"; unique in its tenant
  std::string name = {};
  std::optional<std::int64_t> default_value = {};  // micros, of conversions without one
  std::string currency = {};                       // of default_value; empty: the tenant's
  bool operator==(const ConversionType&) const = default;
};

enum class ExperimentLevel : std::uint8_t { campaign, creative, ranking };

// A share of users, by hash of experiment id and user, that gets `target`.
struct ExperimentVariant {
  std::string key = {};     // "control", "b"; unique in its experiment
  std::int64_t weight = 1;  // share among the variants
  std::string target = {};  // campaign id, creative id or ranking, by level; empty: as it is
  bool operator==(const ExperimentVariant&) const = default;
};

struct Experiment {
  std::string name = {};
  ExperimentLevel level = ExperimentLevel::campaign;
  LifeStatus status = LifeStatus::draft;
  std::optional<TimeUs> start_at = {};
  std::optional<TimeUs> end_at = {};
  std::int64_t traffic_percent = 100;  // of users that take part at all
  std::vector<ExperimentVariant> variants = {};
  bool operator==(const Experiment&) const = default;
};

}  // namespace adbacus
