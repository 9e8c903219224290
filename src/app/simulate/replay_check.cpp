#include "app/simulate/replay_check.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "decision/logged_fields.hpp"
#include "decision/request_shape.hpp"

namespace adbacus {
namespace {

// A ranking that looks at what was delivered so far.
bool learns(Ranking ranking) {
  return ranking == Ranking::ecpm || ranking == Ranking::thompson;
}

// Why the slot cannot be decided on again exactly, if so.
std::string_view why_unsure(const LoggedPage& page, const LoggedSlot& slot) {
  if (!page.has_seed) return "requests logged without a seed";
  if (has_hidden_field(page.context)) return "requests of which something was not kept";
  if (slot.shape.empty()) return {};
  AdRequest request;
  AdSlot asked;
  const auto read = read_request_shape(slot.shape, request, asked);
  if (read && read->has_rule) return "rules of exchanges for creatives";
  if (request.ranking && learns(*request.ranking))
    return "requests that name a ranking that learns";
  return {};
}

bool learns(const ServingExperiment& experiment) {
  const auto& variants = experiment.facts->variants;
  return experiment.facts->level == ExperimentLevel::ranking &&
         std::any_of(variants.begin(), variants.end(), [](const ExperimentVariant& variant) {
           return learns(parse_ranking(variant.target).value_or(Ranking::by_default));
         });
}

bool is_edge_within(const ServingItem& item, const LoggedPeriod& period) {
  const auto lies_within = [&](TimeUs time_us) {
    return time_us >= period.from_us && time_us < period.to_us;
  };
  return lies_within(item.start_us) || lies_within(item.end_us);
}

// Why decisions on the placement depend on more than request, catalog and caps.
std::set<std::string> reasons_of(const PlacementPlan& placement, const LoggedPeriod& period) {
  std::set<std::string> reasons;
  for (const ServingItem& item : placement.items) {
    if (!item.budgets.empty()) reasons.insert("budgets and goals");
    if (item.facts->rotation == Rotation::optimised) reasons.insert("optimised creatives");
    if (item.facts->pricing != Pricing::cpm && placement.facts->floor) {
      reasons.insert("floors beside bids per click or conversion");
    }
    if (is_edge_within(item, period)) reasons.insert("line items that begin or end within");
  }
  return reasons;
}

// Whatever shares a campaign's or an advertiser's caps, or a page, with an unsure placement.
void spread(const TenantPlan& plan, const LoggedSummary& logged, std::set<std::string>& unsure) {
  for (std::size_t before = unsure.size() + 1; before != unsure.size();) {
    before = unsure.size();
    std::set<std::string> owners;
    const auto owners_of = [](const ServingItem& item) {
      return std::pair{"c" + item.campaign_id, "a" + item.advertiser_id};
    };
    for (const auto& placement : plan.placements) {
      if (!unsure.contains(placement->id)) continue;
      for (const ServingItem& item : placement->items) {
        const auto [campaign, advertiser] = owners_of(item);
        owners.insert(campaign);
        if (!item.advertiser_id.empty()) owners.insert(advertiser);
      }
    }
    for (const auto& placement : plan.placements) {
      for (const ServingItem& item : placement->items) {
        const auto [campaign, advertiser] = owners_of(item);
        if (owners.contains(campaign) || owners.contains(advertiser)) unsure.insert(placement->id);
      }
    }
    for (const auto& [one, other] : logged.together) {
      if (unsure.contains(one)) unsure.insert(other);
      if (unsure.contains(other)) unsure.insert(one);
    }
  }
}

}  // namespace

void LoggedSummary::add(const LoggedPage& page) {
  if (page.is_loss) {
    for (const LoggedSlot& slot : page.slots) unsure.insert(slot.placement_id);
    reasons.insert("lost auctions");
    return;
  }
  if (pages++ == 0) first_us = page.time_us;
  for (const LoggedSlot& slot : page.slots) {
    if (slot.placement_id.empty()) continue;
    ++slots[slot.placement_id];
    if (const std::string_view why = why_unsure(page, slot); !why.empty()) {
      unsure.insert(slot.placement_id);
      reasons.emplace(why);
    }
    const std::string& first = page.slots.front().placement_id;
    if (slot.placement_id != first) together.insert({first, slot.placement_id});
    for (const LoggedAd& ad : slot.ads) {
      ++decisions;
      ++items[ad.line_item_id];
      ++campaigns[ad.campaign_id];
    }
  }
}

ReplayBound replay_bound(const LoggedSummary& logged, const TenantState& state,
                         const DeciderOptions& decider, const LoggedPeriod& period,
                         bool catalog_changed) {
  ReplayBound bound;
  const TenantPlan& plan = *state.plan;
  std::set<std::string> everywhere;
  if (catalog_changed) everywhere.insert("objects that were changed since");
  const Ranking ranking = plan.ranking == Ranking::by_default ? decider.ranking : plan.ranking;
  if (learns(ranking)) everywhere.insert(fmt::format("the ranking {}", ranking_name(ranking)));
  if (!state.hours.empty()) everywhere.insert("targeting by hour");
  for (const ServingExperiment& experiment : plan.experiments) {
    if (learns(experiment)) everywhere.insert("experiments with rankings that learn");
  }
  bound.reasons = logged.reasons;
  bound.placements = logged.unsure;
  for (const auto& placement : plan.placements) {
    std::set<std::string> reasons = reasons_of(*placement, period);
    reasons.insert(everywhere.begin(), everywhere.end());
    if (reasons.empty() || !logged.slots.contains(placement->id)) continue;
    bound.placements.insert(placement->id);
    bound.reasons.insert(reasons.begin(), reasons.end());
  }
  spread(plan, logged, bound.placements);
  for (const auto& [placement, slots] : logged.slots) {
    if (bound.placements.contains(placement)) bound.slots += slots;
  }
  return bound;
}

std::uint64_t differing_slots(const LoggedPage& page, const std::vector<SlotAnswer>& answers) {
  std::uint64_t differing = 0;
  for (std::size_t i = 0; i < page.slots.size(); ++i) {
    if (page.slots[i].placement_id.empty()) continue;
    std::vector<LoggedAd> chosen;
    for (const Decision& decision : answers[i].decisions) {
      chosen.push_back({decision.item->campaign_id, decision.item->id, decision.creative->id});
    }
    if (chosen != page.slots[i].ads) ++differing;
  }
  return differing;
}

}  // namespace adbacus
