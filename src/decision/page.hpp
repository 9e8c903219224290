// One request on its way through the slots of a page: who it is for, what targeting looks at, what
// the page may not show or has already. Belongs to the thread that decides.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "decision/decider.hpp"

namespace adbacus {

class Page {
 public:
  Page(FrequencyCaps& caps, const DeciderOptions& options, const TenantState& state,
       const AdRequest& request);

  // An error leaves what was found before it in `answer`.
  Result<void> fill(const AdSlot& slot, SlotAnswer& answer);
  Result<ItemTrace> explain(const AdSlot& slot, const PlacementPlan& placement, std::size_t item,
                            const std::vector<Decision>& chosen);

 private:
  enum class Offer : std::uint8_t { taken, no_creative, no_budget, capped };

  void fill_attributes();
  void assign_variants();
  bool has_identity() const { return user_ != Hash128(); }
  bool is_hidden(const ServingItem& item) const;   // by an experiment
  bool is_blocked(const ServingItem& item) const;  // by the request, or by what the page has
  bool is_restricted() const;                      // whether either can be true
  // By size and ad type, and by what the slot asks beside them.
  static bool creative_fits(const AdSlot& slot, const PlacementPlan& placement,
                            const ServingItem& item, const ServingCreative& creative);
  bool is_blocked(const Advertiser& advertiser) const;     // by the request
  bool is_blocked(const ServingCreative& creative) const;  // by the request or an experiment
  // Creatives of the item that fit and are not blocked.
  void find_creatives(const AdSlot& slot, const PlacementPlan& placement, const ServingItem& item,
                      std::vector<std::size_t>& found) const;
  // Whether the user's caps allow the item with one of these creatives.
  Result<bool> has_uncapped(const ServingItem& item, const std::vector<std::size_t>& creatives);
  void keep_eligible(const AdSlot& slot, const PlacementPlan& placement, ItemBits& items);
  Result<bool> choose(const AdSlot& slot, const PlacementPlan& placement, ItemBits& items,
                      SlotAnswer& answer);
  // Why nothing was found: the stage that the last candidates came to. `tried`: the one of those
  // that were offered; none if there were none.
  Result<Elimination> why_none(const AdSlot& slot, const PlacementPlan& placement,
                               Elimination tried);
  bool fits(const AdSlot& slot, const PlacementPlan& placement, const ServingItem& item) const;
  Elimination closed_stage(const AdSlot& slot, const PlacementState& state, std::size_t item) const;
  std::optional<std::size_t> next(const PlacementPlan& placement, const ItemBits& items,
                                  bool by_bid);
  std::optional<std::size_t> any_of(const ItemBits& items);
  Result<Offer> offer(const AdSlot& slot, const PlacementPlan& placement, std::size_t item,
                      Decision& decision);
  Result<const ServingCreative*> take_caps(const ServingItem& item,
                                           const std::vector<std::size_t>& order);

  FrequencyCaps& caps_;
  const DeciderOptions& options_;
  const TenantState& state_;
  const TenantPlan& plan_;
  const AdRequest& request_;
  Attributes& attributes_;
  Rng rng_;
  Hash128 user_;
  Ranking ranking_;
  // Of the request's blocks, sorted: exchanges send hundreds.
  std::vector<std::string_view> blocked_advertisers_;
  std::vector<std::string_view> blocked_categories_;
  // What other variants of the user's experiments show.
  std::vector<std::string_view> hidden_campaigns_;
  std::vector<std::string_view> hidden_creatives_;
  // What the page has already.
  std::vector<const ServingItem*> shown_;
};

// Reserves one decision's share of every budget of the item, by monotonic time; false, and nothing
// is reserved, if one has too little left.
bool reserve_budgets(const TenantPlan& plan, const ServingItem& item, const ItemRates& rates,
                     TimeUs mono_us);
// Which it was of both, just after reserve_budgets() said no: budget or pacing.
Elimination spent_stage(const TenantPlan& plan, const ServingItem& item);
void release_budgets(const TenantPlan& plan, const ServingItem& item, const ItemRates& rates,
                     TimeUs mono_us);

}  // namespace adbacus
