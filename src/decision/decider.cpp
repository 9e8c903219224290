#include "decision/decider.hpp"

#include <algorithm>

#include "decision/page.hpp"

namespace adbacus {
namespace {

// Of candidates that are out for other reasons, whose caps are looked at when a slot stays empty.
constexpr int kCapLooksMax = 8;

// Of a placement where nothing can be served: as far as any line item came.
Elimination unservable_stage(const PlacementPlan& placement, const PlacementState& state) {
  Elimination last = Elimination::not_bound;
  for (std::size_t i = 0; i < placement.items.size(); ++i) {
    const ServingItem& item = placement.items[i];
    const Elimination stage = !item.is_active          ? Elimination::not_active
                              : !item.is_comparable    ? Elimination::currency
                              : !state.in_time.test(i) ? Elimination::schedule
                                                       : Elimination::no_creative;
    last = i == 0 ? stage : std::max(last, stage);
  }
  return last;
}

}  // namespace

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
          take_back(state, decision, request);
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
  if (!fits(slot, placement, item)) return because(Elimination::size);
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
  const Elimination closed = closed_stage(slot, state, number);
  return because(closed == Elimination::none ? Elimination::outranked : closed);
}

bool Page::fits(const AdSlot& slot, const PlacementPlan& placement, const ServingItem& item) const {
  return std::any_of(item.creatives.begin(), item.creatives.end(), [&](const auto& creative) {
    return creative_fits(slot, placement, item, creative);
  });
}

// none: it is open.
Elimination Page::closed_stage(const AdSlot& slot, const PlacementState& state,
                               std::size_t item) const {
  if (!state.with_budget.test(item)) return Elimination::budget;
  if (!state.on_pace.test(item)) return Elimination::pacing;
  const bool is_below =
      state.values[item] < static_cast<double>(slot.floor) || !state.above_floor.test(item);
  return is_below ? Elimination::floor : Elimination::none;
}

Result<Elimination> Page::why_none(const AdSlot& slot, const PlacementPlan& placement,
                                   Elimination tried) {
  const PlacementState& state = state_.of(placement);
  thread_local ItemBits live;
  thread_local ItemBits matching;
  thread_local std::vector<std::size_t> creatives;
  live = placement.servable;
  live &= state.in_time;
  if (!live.any()) return unservable_stage(placement, state);
  // The usual case: what fits is capped, and nothing else is closed.
  if (tried != Elimination::none && slot.floor == 0 && live == state.open) return tried;
  matching = live;
  placement.index->filter(attributes_, matching);
  Elimination last = tried;
  int cap_looks = kCapLooksMax;
  Result<void> done;
  matching.for_each([&](std::size_t i) {
    Elimination stage = closed_stage(slot, state, i);
    if (!done || (last > Elimination::consent && stage <= last)) return;
    const ServingItem& item = placement.items[i];
    if (!fits(slot, placement, item)) return;
    find_creatives(slot, placement, item, creatives);
    if (is_hidden(item) || is_blocked(item) || creatives.empty()) {
      stage = Elimination::blocked;
    } else if (!has_identity() && options_.require_identity) {
      stage = Elimination::consent;
    } else if (cap_looks-- > 0) {
      const auto uncapped = has_uncapped(item, creatives);
      if (!uncapped) done = uncapped.error();
      if (uncapped && !*uncapped) stage = Elimination::frequency_cap;
    }
    last = std::max(last, stage);
  });
  if (!done) return done.error();
  if (last != Elimination::none) return last;
  bool has_fitting = false;
  live.for_each([&](std::size_t i) {
    has_fitting = has_fitting || fits(slot, placement, placement.items[i]);
  });
  return has_fitting ? Elimination::targeting : Elimination::size;
}

void Decider::take_back(const TenantState& state, const Decision& decision,
                        const AdRequest& request) const {
  const auto number = static_cast<std::size_t>(decision.item - decision.placement->items.data());
  const ItemRates& rates = state.of(*decision.placement).rates[number];
  release_budgets(*state.plan, *decision.item, rates, request.mono_us);
  uncount(decision, request.now_us);
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
