#include "decision/serving_state.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "decision/local_time.hpp"

namespace adbacus {
namespace {

constexpr std::string_view kHourField = "hour_of_week";

// Micros per 1,000 impressions that showing the item is worth.
double value_of(const ServingItem& item, const ItemRates& rates) {
  const auto bid = static_cast<double>(item.bid);
  switch (item.facts->pricing) {
    case Pricing::cpm:
      return bid;
    case Pricing::cpc:
      return bid * rates.ctr * 1'000;
    case Pricing::cpa:
      return bid * rates.ctr * rates.cvr * 1'000;
  }
  return 0;
}

double billed_rate(Pricing pricing, const ItemRates& rates) {
  switch (pricing) {
    case Pricing::cpm:
      return 1;
    case Pricing::cpc:
      return rates.ctr;
    case Pricing::cpa:
      return rates.ctr * rates.cvr;
  }
  return 1;
}

double goal_rate(GoalMetric metric, const ItemRates& rates) {
  switch (metric) {
    case GoalMetric::impressions:
      return 1;
    case GoalMetric::clicks:
      return rates.ctr;
    case GoalMetric::conversions:
      return rates.ctr * rates.cvr;
    case GoalMetric::revenue:
      return 0;  // not known before it comes
  }
  return 0;
}

void set_by_budgets(const TenantPlan& plan, const ServingItem& item, std::size_t i,
                    PlacementState& state) {
  for (const std::size_t number : item.budgets) {
    const BudgetAccount::State left = plan.budgets[number].account->state(item.facts->pacing_mode);
    if (left == BudgetAccount::State::exhausted) state.with_budget.clear(i);
    if (left == BudgetAccount::State::paced) state.on_pace.clear(i);
  }
}

PlacementState placement_state(const TenantPlan& plan, const PlacementPlan& placement,
                               const RateTable& rates, TimeUs now_us) {
  const std::size_t size = placement.items.size();
  PlacementState state;
  for (ItemBits* bits : {&state.in_time, &state.with_budget, &state.on_pace, &state.above_floor}) {
    bits->assign(size, true);
  }
  const auto floor = static_cast<double>(placement.facts->floor.value_or(0));
  std::vector<double>& values = state.values;
  state.creative_counts.resize(size);
  for (std::size_t i = 0; i < size; ++i) {
    const ServingItem& item = placement.items[i];
    state.rates.push_back(rates.of_item(item.id));
    values.push_back(value_of(item, state.rates.back()));
    if (item.creatives.size() > 1) {
      for (const ServingCreative& creative : item.creatives) {
        state.creative_counts[i].push_back(rates.of_creative(creative.id));
      }
    }
    if (now_us < item.start_us || now_us > item.end_us) state.in_time.clear(i);
    if (values.back() < floor) state.above_floor.clear(i);
    set_by_budgets(plan, item, i, state);
  }
  state.open = placement.servable;
  state.open &= state.in_time;
  state.open &= state.with_budget;
  state.open &= state.on_pace;
  state.open &= state.above_floor;
  state.by_value.resize(size);
  std::iota(state.by_value.begin(), state.by_value.end(), 0U);
  std::stable_sort(state.by_value.begin(), state.by_value.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return values[a] > values[b]; });
  return state;
}

}  // namespace

const TenantState* ServingState::tenant(std::string_view id) const {
  const auto found = tenants_.find(id);
  return found == tenants_.end() ? nullptr : found->second.get();
}

void ServingState::put(std::string id, std::shared_ptr<const TenantState> state) {
  tenants_[std::move(id)] = std::move(state);
}

std::int64_t expected_cost(const ServingItem& item, const ItemRates& rates) {
  if (item.price_micros <= 0) return 0;
  const double expected =
      static_cast<double>(item.price_micros) * billed_rate(item.facts->pricing, rates);
  return std::max<std::int64_t>(1, std::llround(expected));
}

std::int64_t expected_use(const ServingBudget& budget, const ServingItem& item,
                          const ItemRates& rates) {
  if (budget.is_cost) return expected_cost(item, rates);
  return std::llround(static_cast<double>(kOneCount) * goal_rate(budget.metric, rates));
}

std::pair<TimeUs, TimeUs> period_of(const ServingBudget& budget, TimeUs now_us) {
  if (budget.period == GoalPeriod::lifetime) {
    if (!budget.start_us || !budget.end_us || *budget.end_us <= *budget.start_us) return {0, 0};
    return {*budget.start_us, *budget.end_us};
  }
  const LocalDay day = local_day(budget.timezone, now_us);
  // A campaign that begins or ends within the day has only that part of it.
  const TimeUs begin = std::clamp(budget.start_us.value_or(day.begin_us), day.begin_us, day.end_us);
  return {begin, std::clamp(budget.end_us.value_or(day.end_us), begin, day.end_us)};
}

double elapsed_share(const ServingBudget& budget, const TrafficCurve& curve, TimeUs now_us) {
  const auto [begin_us, end_us] = period_of(budget, now_us);
  const double all = curve.between(budget.timezone, begin_us, end_us);
  if (all <= 0) return 1;
  return std::clamp(curve.between(budget.timezone, begin_us, now_us) / all, 0.0, 1.0);
}

std::shared_ptr<const TenantState> make_state(
    std::shared_ptr<const TenantPlan> plan, std::vector<std::shared_ptr<const LearnedCurve>> curves,
    const RateTable& rates, TimeUs now_us) {
  auto state = std::make_shared<TenantState>();
  state->curves = std::move(curves);
  for (const auto& placement : plan->placements) {
    state->placements.push_back(placement_state(*plan, *placement, rates, now_us));
  }
  for (std::size_t i = 0; i < plan->fields.size(); ++i) {
    const std::string& name = plan->fields.name(static_cast<FieldSlot>(i));
    if (!name.starts_with(kHourField)) continue;
    const std::size_t at = name.find('@');
    const std::string zone = at == std::string::npos ? plan->timezone : name.substr(at + 1);
    state->hours.emplace_back(static_cast<FieldSlot>(i),
                              std::to_string(local_hour_of_week(zone, now_us)));
  }
  state->plan = std::move(plan);
  return state;
}

}  // namespace adbacus
