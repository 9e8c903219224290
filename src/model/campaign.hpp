// What is bought: campaigns and their line items. One name per idea; catalog/schema says how each
// field is written and what it may hold, and docs/api/catalog.md shows it. Plain values; an empty
// text or no value means "not set".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "model/targeting.hpp"

namespace adbacus {

// DRAFT becomes any other; ACTIVE and PAUSED change into each other or end; ENDED is final.
enum class LifeStatus : std::uint8_t { draft, active, paused, ended };
bool may_follow(LifeStatus before, LifeStatus after);

// Of what has no life of its own: line items, creatives, ads.
enum class SwitchStatus : std::uint8_t { active, paused };

// At most `count` per user and period, rolling.
struct FrequencyCap {
  std::int64_t count = 1;
  std::int64_t period_hours = 24;
  bool operator==(const FrequencyCap&) const = default;
};

enum class GoalMetric : std::uint8_t { impressions, clicks, conversions, revenue };
enum class GoalPeriod : std::uint8_t { daily, lifetime };

// Delivery stops when it is reached, as it does with a budget; revenue in micros.
struct Goal {
  GoalMetric metric = GoalMetric::impressions;
  GoalPeriod period = GoalPeriod::lifetime;
  std::int64_t target = 1;
  bool operator==(const Goal&) const = default;
};

struct Campaign {
  std::string name = {};
  std::string advertiser_id = {};
  LifeStatus status = LifeStatus::draft;
  std::optional<TimeUs> start_at = {};            // included
  std::optional<TimeUs> end_at = {};              // included
  std::optional<std::int64_t> daily_budget = {};  // micros
  std::optional<std::int64_t> budget = {};        // micros, lifetime
  std::string currency = {};                      // ISO 4217; empty: the tenant's
  std::string timezone = {};                      // IANA, of its days; empty: the tenant's
  std::vector<FrequencyCap> caps = {};
  std::vector<Goal> goals = {};
  bool operator==(const Campaign&) const = default;
};

enum class Pricing : std::uint8_t { cpm, cpc, cpa };
enum class PacingMode : std::uint8_t { standard, accelerated, frontloaded };
// How a line item chooses among its creatives.
enum class Rotation : std::uint8_t { weighted, even, optimised };

struct LineItem {
  std::string name = {};
  std::string campaign_id = {};
  std::string placement_id = {};
  SwitchStatus status = SwitchStatus::active;
  std::optional<std::int64_t> bid =
      {};  // micros; per 1,000 impressions if cpm. Always set once stored
  Pricing pricing = Pricing::cpc;
  Targeting targeting = {};
  PacingMode pacing_mode = PacingMode::standard;
  std::int64_t priority = 8;  // 1 first to 16; sponsorship 4, standard 6, 8 and 10, house 16
  std::optional<TimeUs> start_at = {};  // narrows the campaign's
  std::optional<TimeUs> end_at = {};
  std::optional<std::int64_t> daily_budget = {};  // micros, beside the campaign's
  std::optional<std::int64_t> budget = {};
  Rotation rotation = Rotation::weighted;
  std::vector<FrequencyCap> caps = {};
  std::vector<Goal> goals = {};
  bool operator==(const LineItem&) const = default;
};

// Of one impression, click or conversion, whichever is paid for; micros.
std::int64_t price_of(const LineItem& item);

}  // namespace adbacus
