// What decisions need of one tenant's catalog, prepared: for each placement its line items with
// their creatives, limits and targeting. Built when the catalog changes, then read-only and
// thread-safe; what changes with time (spend, statistics) is beside it
// (decision/serving_state.hpp).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/text_hash.hpp"
#include "catalog/snapshot.hpp"
#include "counters/counters.hpp"
#include "decision/attributes.hpp"
#include "decision/budget_account.hpp"
#include "decision/item_bits.hpp"
#include "decision/targeting_index.hpp"
#include "decision/targeting_tree.hpp"
#include "decision/weighted_choice.hpp"
#include "model/creative.hpp"
#include "model/ranking.hpp"

namespace adbacus {

struct ServingCreative {
  std::string id = {};
  std::string ad_id = {};  // its first active ad; empty: it has none
  std::optional<AdType> ad_type = {};
  std::shared_ptr<const Creative> facts = {};
  std::vector<FrequencyLimit> caps = {};  // its own and its ad's
};

// One amount that bounds a line item's delivery.
struct ServingBudget {
  GoalMetric metric = GoalMetric::impressions;  // of a goal
  bool is_cost = true;                          // a budget: money spent, whatever the metric says
  GoalPeriod period = GoalPeriod::daily;
  std::int64_t amount = 0;  // micros
  bool is_campaigns = false;
  std::string owner_id = {};  // campaign or line item
  std::string timezone = {};  // IANA, of its days
  std::string currency = {};  // of money
  // Of the line items it is for, as numbers: whose traffic it is spent by.
  std::vector<std::size_t> placements = {};
  std::optional<TimeUs> start_us = {};  // of what it is for
  std::optional<TimeUs> end_us = {};
  std::shared_ptr<BudgetAccount> account = {};
};

struct ServingItem {
  std::string id = {};
  std::string campaign_id = {};
  std::string advertiser_id = {};
  std::shared_ptr<const LineItem> facts = {};
  std::shared_ptr<const Campaign> campaign = {};
  std::shared_ptr<const Advertiser> advertiser = {};  // null: none
  bool is_active = false;                             // and its campaign is
  bool is_comparable = true;                          // its money is in the tenant's currency
  TimeUs start_us = INT64_MIN;                        // both included
  TimeUs end_us = INT64_MAX;
  std::int64_t bid = 0;  // micros
  // For one impression, click or conversion, whichever is paid.
  std::int64_t price_micros = 0;
  std::vector<ServingCreative> creatives = {};  // the active ones with weight, by id
  std::vector<FrequencyLimit> caps = {};        // its own, its campaign's, its advertiser's
  std::vector<std::size_t> budgets = {};        // indices into TenantPlan::budgets
};

// Requests for a placement since somebody looked last.
using RequestCount = std::atomic<std::uint64_t>;

struct PlacementPlan {
  std::size_t number = 0;  // its place in TenantPlan::placements
  std::string id = {};
  std::shared_ptr<const Placement> facts = {};
  std::vector<ServingItem> items = {};  // all that are bound to it, whatever their status, by id
  std::vector<TargetingTree> trees = {};
  std::optional<TargetingIndex> index = {};
  std::optional<WeightedChoice> by_bid = {};
  std::vector<ItemBits> tiers = {};  // by priority, the first to be served first
  ItemBits servable = {};            // active, with a creative, comparable
  std::shared_ptr<RequestCount> requests = {};
};

// A share of users sees the target, the others of the experiment do not.
struct ServingExperiment {
  std::string id = {};
  std::shared_ptr<const Experiment> facts = {};
};

struct TenantPlan {
  std::string id = {};
  std::string timezone = {};
  std::string currency = {};
  Ranking ranking = Ranking::by_default;
  RequestFields fields = {};
  std::vector<ServingBudget> budgets = {};
  std::vector<ServingExperiment> experiments = {};  // active ones
  // Unique pointers: the index of a placement refers to its trees.
  std::vector<std::unique_ptr<PlacementPlan>> placements = {};

  const PlacementPlan* by_key(std::string_view key) const;
  const PlacementPlan* by_id(std::string_view placement_id) const;
  // Where a line item is bound to; null: there is none.
  const PlacementPlan* of_item(std::string_view line_item_id, std::size_t& item) const;

 private:
  friend class PlanBuilder;
  using Numbers = std::unordered_map<std::string, std::size_t, TextHash, std::equal_to<>>;
  Numbers keys_;
  Numbers ids_;
  std::unordered_map<std::string, std::pair<std::size_t, std::size_t>, TextHash, std::equal_to<>>
      items_;
};

// The accounts of a tenant's budgets, and the counts of its placements, outlive the plans that
// refer to them.
class BudgetAccounts {
 public:
  // That of this budget, new or known. One thread at a time.
  std::shared_ptr<BudgetAccount> of(const std::string& tenant, const ServingBudget& budget);
  std::shared_ptr<RequestCount> requests(const std::string& tenant,
                                         const std::string& placement_id);

 private:
  std::unordered_map<std::string, std::shared_ptr<BudgetAccount>> accounts_;
  std::unordered_map<std::string, std::shared_ptr<RequestCount>> requests_;
};

// A line item whose targeting cannot be prepared is left out and logged: the catalog does not take
// such a thing. `tenant` is the id.
std::shared_ptr<const TenantPlan> build_plan(const std::string& tenant,
                                             const TenantObjects& objects,
                                             BudgetAccounts& accounts);

// The scope of a cap, of what kind the capped object is and in which tenant.
std::uint64_t cap_scope(std::string_view tenant, EntityKind kind, std::string_view id);

// A campaign without caps of its own: 5 per user and 24 hours.
inline constexpr FrequencyCap kDefaultCap{.count = 5, .period_hours = 24};

}  // namespace adbacus
