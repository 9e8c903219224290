#include "decision/delivery_watch.hpp"

#include <algorithm>
#include <utility>

namespace adbacus {

DeliveryWatch::Sample DeliveryWatch::copy_of(const AdRequest& request, const AdSlot& slot) {
  Sample sample;
  sample.request = request;
  sample.slot = slot;
  const auto keep = [&](std::string_view& text) { text = sample.texts.emplace_back(text); };
  keep(sample.request.user_id);
  keep(sample.request.session_id);
  for (auto& [field, value] : sample.request.context) {
    keep(field);
    keep(value);
  }
  AdBlocks& blocks = sample.request.blocks;
  for (auto* list : {&blocks.advertisers, &blocks.categories, &blocks.campaigns, &blocks.line_items,
                     &blocks.creatives}) {
    for (std::string_view& text : *list) keep(text);
  }
  sample.request.consent = {};  // it was applied
  sample.request.device_ip = {};
  sample.request.agent = {};  // what it said stands in the context
  sample.request.slots.clear();
  keep(sample.slot.name);
  keep(sample.slot.placement_key);
  keep(sample.slot.placement_id);
  return sample;
}

void DeliveryWatch::offer(const TenantPlan& plan, const AdRequest& request, const AdSlot& slot,
                          const std::vector<Decision>& chosen) {
  const PlacementPlan* placement = placement_of(plan, slot);
  if (placement == nullptr) return;
  const std::uint64_t weight = history_.due(plan, *placement, request.now_us);
  if (weight == 0) return;
  Sample sample = copy_of(request, slot);
  sample.tenant = plan.id;
  sample.weight = weight;
  for (const Decision& decision : chosen) sample.chosen.push_back(decision.item->id);
  const std::lock_guard lock(mutex_);
  if (waiting_.size() < kWaitingMax) waiting_.push_back(std::move(sample));
}

void DeliveryWatch::look(const ServingState& state, const Decider& decider) {
  std::vector<Sample> samples;
  {
    const std::lock_guard lock(mutex_);
    samples.swap(waiting_);
  }
  for (const Sample& sample : samples) {
    const TenantState* tenant = state.tenant(sample.tenant);
    if (tenant != nullptr) look_at(sample, *tenant, decider);
  }
}

void DeliveryWatch::look_at(const Sample& sample, const TenantState& state,
                            const Decider& decider) {
  auto looked_at = decider.trace(state, sample.request, sample.slot, {});
  if (!looked_at) return;  // the counters are away: the next one will do
  for (ItemTrace& item : *looked_at) {
    const bool was_chosen =
        std::find(sample.chosen.begin(), sample.chosen.end(), item.item->id) != sample.chosen.end();
    if (was_chosen) item.reason = Elimination::none;
  }
  history_.add(*state.plan, *looked_at, sample.weight, sample.request.now_us);
}

}  // namespace adbacus
