// What decisions read: the plans of all tenants and what of them may be served right now (schedule,
// budgets, pacing, floors, expected value), made anew about once a second and at once when the
// catalog changes. Immutable and thread-safe; whoever decides holds one state for the whole
// request.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/text_hash.hpp"
#include "decision/delivery_rates.hpp"
#include "decision/serving_plan.hpp"
#include "decision/traffic_curve.hpp"

namespace adbacus {

struct PlacementState {
  ItemBits open = {};  // servable, within its time, with budget left and on pace, above the floor
  ItemBits in_time = {};
  ItemBits with_budget = {};
  ItemBits on_pace = {};
  ItemBits above_floor = {};
  std::vector<ItemRates> rates = {};  // of each item
  std::vector<double> values = {};    // expected micros per 1,000 impressions of each item
  // Of each item that is to show its best creatives, by creative; of others empty.
  std::vector<std::vector<DeliveryCounts>> creative_counts = {};
  std::vector<std::uint32_t> by_value = {};  // items, the highest expected value first
};

struct TenantState {
  std::shared_ptr<const TenantPlan> plan = {};
  std::vector<PlacementState> placements = {};  // as in the plan
  // How the traffic of each of the plan's budgets comes.
  std::vector<std::shared_ptr<const LearnedCurve>> curves = {};
  // What hour of the week it is where line items look at it: "37" is Tuesday, 13:00 to 14:00.
  std::vector<std::pair<FieldSlot, std::string>> hours = {};

  const PlacementState& of(const PlacementPlan& placement) const {
    return placements[placement.number];
  }
};

class ServingState {
 public:
  TimeUs made_us = 0;  // wall time
  // Null: the tenant has no objects.
  const TenantState* tenant(std::string_view id) const;
  template <class Fn>
  void for_each(Fn&& fn) const {
    for (const auto& [id, tenant] : tenants_) fn(*tenant);
  }
  void put(std::string id, std::shared_ptr<const TenantState> state);

 private:
  std::unordered_map<std::string, std::shared_ptr<const TenantState>, TextHash, std::equal_to<>>
      tenants_;
};

// The micros that one decision for the item will probably cost: the price of an impression, or that
// of a click or conversion times their expected rate; at least 1 unless the price is 0.
std::int64_t expected_cost(const ServingItem& item, const ItemRates& rates);
// How much of a budget one decision will probably use, in the budget's unit.
std::int64_t expected_use(const ServingBudget& budget, const ServingItem& item,
                          const ItemRates& rates);

// The share of the traffic of the budget's period that has come by `now`.
double elapsed_share(const ServingBudget& budget, const TrafficCurve& curve, TimeUs now_us);
// Begin and end of the budget's period that holds `now`: of the day, or of the flight; empty if
// a flight has no begin or no end.
std::pair<TimeUs, TimeUs> period_of(const ServingBudget& budget, TimeUs now_us);

// What may be served at `now`. The accounts of the plan are settled as of now; there is a curve for
// each of its budgets.
std::shared_ptr<const TenantState> make_state(
    std::shared_ptr<const TenantPlan> plan, std::vector<std::shared_ptr<const LearnedCurve>> curves,
    const RateTable& rates, TimeUs now_us);

}  // namespace adbacus
