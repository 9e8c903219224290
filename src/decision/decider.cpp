#include "decision/decider.hpp"

#include <algorithm>

#include "decision/page.hpp"

namespace adbacus {

const PlacementPlan* placement_of(const TenantPlan& plan, const AdSlot& slot) {
  return slot.placement_key.empty() ? plan.by_id(slot.placement_id)
                                    : plan.by_key(slot.placement_key);
}

Result<std::vector<SlotAnswer>> Decider::decide(const TenantState& state,
                                                const AdRequest& request) const {
  std::vector<SlotAnswer> answers;
  Page page(caps_, options_, state, request);
  for (const AdSlot& slot : request.slots) {
    auto filled = page.fill(slot, answers.emplace_back());
    if (!filled) {  // nothing is handed out, so nothing stays counted
      for (const SlotAnswer& earlier : answers) {
        for (const Decision& decision : earlier.decisions) {
          take_back(state, decision, request.now_us);
        }
      }
      return filled.error();
    }
  }
  return answers;
}

Result<std::vector<ItemTrace>> Decider::trace(const TenantState& state, const AdRequest& request,
                                              const AdSlot& slot,
                                              const std::vector<Decision>& chosen) const {
  Page page(caps_, options_, state, request);
  std::vector<ItemTrace> traces;
  const PlacementPlan* placement = placement_of(*state.plan, slot);
  if (placement == nullptr) return traces;
  for (std::size_t i = 0; i < placement->items.size(); ++i) {
    auto explained = page.explain(slot, *placement, i, chosen);
    if (!explained) return explained.error();
    traces.push_back(*explained);
  }
  return traces;
}

Result<bool> Page::has_uncapped(const ServingItem& item,
                                const std::vector<std::size_t>& creatives) {
  if (!has_identity()) return true;
  for (const std::size_t creative : creatives) {
    std::vector<FrequencyLimit> limits = item.caps;
    const auto& own = item.creatives[creative].caps;
    limits.insert(limits.end(), own.begin(), own.end());
    auto allowed = caps_.allows(user_, limits, request_.now_us);
    if (!allowed || *allowed) return allowed;
  }
  return false;
}

Result<ItemTrace> Page::explain(const AdSlot& slot, const PlacementPlan& placement,
                                std::size_t number, const std::vector<Decision>& chosen) {
  const ServingItem& item = placement.items[number];
  const PlacementState& state = state_.of(placement);
  ItemTrace trace{.item = &item, .reason = Elimination::none, .value = state.values[number]};
  const auto because = [&](Elimination reason) {
    trace.reason = reason;
    return Result<ItemTrace>(trace);
  };
  const bool is_chosen = std::any_of(chosen.begin(), chosen.end(), [&](const Decision& decision) {
    return decision.item == &item;
  });
  if (is_chosen) return trace;
  if (!item.is_active) return because(Elimination::not_active);
  if (!item.is_comparable) return because(Elimination::currency);
  if (!state.in_time.test(number)) return because(Elimination::schedule);
  if (item.creatives.empty()) return because(Elimination::no_creative);
  if (std::none_of(item.creatives.begin(), item.creatives.end(), [&](const auto& creative) {
        return creative_fits(slot, placement, item, creative);
      })) {
    return because(Elimination::size);
  }
  if (!placement.trees[number].matches(attributes_)) return because(Elimination::targeting);
  std::vector<std::size_t> creatives;
  find_creatives(slot, placement, item, creatives);
  if (is_hidden(item) || is_blocked(item) || creatives.empty()) {
    return because(Elimination::blocked);
  }
  if (!has_identity() && options_.require_identity) return because(Elimination::consent);
  auto uncapped = has_uncapped(item, creatives);
  if (!uncapped) return uncapped.error();
  if (!*uncapped) return because(Elimination::frequency_cap);
  if (!state.with_budget.test(number)) return because(Elimination::budget);
  if (!state.on_pace.test(number)) return because(Elimination::pacing);
  if (trace.value < static_cast<double>(slot.floor) || !state.above_floor.test(number)) {
    return because(Elimination::floor);
  }
  return because(Elimination::outranked);
}

void Decider::take_back(const TenantState& state, const Decision& decision,
                        TimeUs decided_us) const {
  const auto number = static_cast<std::size_t>(decision.item - decision.placement->items.data());
  const ItemRates& rates = state.of(*decision.placement).rates[number];
  release_budgets(*state.plan, *decision.item, rates, decided_us);
  uncount(decision, decided_us);
}

void Decider::uncount(const Decision& decision, TimeUs decided_us) const {
  if (decision.cap_unenforced) return;
  std::vector<FrequencyLimit> limits = decision.item->caps;
  if (decision.creative != nullptr) {
    limits.insert(limits.end(), decision.creative->caps.begin(), decision.creative->caps.end());
  }
  // What cannot be taken back stays counted: the user sees one ad less.
  (void)caps_.take_back(decision.user, limits, decided_us);
}

}  // namespace adbacus
