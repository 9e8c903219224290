#include "decision/serving_plan.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "base/logging.hpp"

namespace adbacus {
namespace {

constexpr std::uint64_t kScopeSeed = 0x6361'7073;

// Numbers by value and before other texts, so that plans of the same catalog are equal.
bool id_less(std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

template <class T>
std::vector<std::string> sorted_ids(const TenantObjects& objects) {
  std::vector<std::string> ids;
  objects.for_each<T>([&](const std::string& id, const T&) { ids.push_back(id); });
  std::sort(ids.begin(), ids.end(), id_less);
  return ids;
}

}  // namespace

std::uint64_t cap_scope(std::string_view tenant, EntityKind kind, std::string_view id) {
  return hash64(fmt::format("{}\n{}\n{}", entity_kind_name(kind), id, tenant), kScopeSeed);
}

const PlacementPlan* TenantPlan::by_key(std::string_view key) const {
  const auto found = keys_.find(key);
  return found == keys_.end() ? nullptr : placements[found->second].get();
}

const PlacementPlan* TenantPlan::by_id(std::string_view placement_id) const {
  const auto found = ids_.find(placement_id);
  return found == ids_.end() ? nullptr : placements[found->second].get();
}

const PlacementPlan* TenantPlan::of_item(std::string_view line_item_id, std::size_t& item) const {
  const auto found = items_.find(line_item_id);
  if (found == items_.end()) return nullptr;
  item = found->second.second;
  return placements[found->second.first].get();
}

std::shared_ptr<BudgetAccount> BudgetAccounts::of(const std::string& tenant,
                                                  const ServingBudget& budget) {
  const std::string key =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", tenant, budget.is_campaigns, budget.owner_id,
                  budget.is_cost, static_cast<int>(budget.metric), static_cast<int>(budget.period));
  std::shared_ptr<BudgetAccount>& account = accounts_[key];
  if (!account) account = std::make_shared<BudgetAccount>();
  return account;
}

std::shared_ptr<RequestCount> BudgetAccounts::requests(const std::string& tenant,
                                                       const std::string& placement_id) {
  std::shared_ptr<RequestCount>& count = requests_[tenant + '\n' + placement_id];
  if (!count) count = std::make_shared<RequestCount>(0);
  return count;
}

class PlanBuilder {
 public:
  PlanBuilder(const std::string& tenant, const TenantObjects& objects, BudgetAccounts& accounts)
      : objects_(objects), accounts_(accounts), plan_(std::make_shared<TenantPlan>()) {
    plan_->id = tenant;
  }

  std::shared_ptr<const TenantPlan> build() {
    if (const auto* tenant = objects_.find<Tenant>(plan_->id)) {
      plan_->timezone = tenant->timezone;
      plan_->currency = tenant->currency;
      plan_->ranking = tenant->ranking;
    }
    if (plan_->timezone.empty()) plan_->timezone = "UTC";
    if (plan_->currency.empty()) plan_->currency = Tenant().currency;
    add_placements();
    collect_creatives();
    for (const std::string& id : sorted_ids<LineItem>(objects_)) add_item(id);
    for (const auto& placement : plan_->placements) finish(*placement);
    for (const std::string& id : sorted_ids<Experiment>(objects_)) {
      auto facts = objects_.share<Experiment>(id);
      if (facts->status == LifeStatus::active) plan_->experiments.push_back({id, std::move(facts)});
    }
    return plan_;
  }

 private:
  void add_placements() {
    for (const std::string& id : sorted_ids<Placement>(objects_)) {
      auto placement = std::make_unique<PlacementPlan>();
      placement->number = plan_->placements.size();
      placement->id = id;
      placement->facts = objects_.share<Placement>(id);
      placement->requests = accounts_.requests(plan_->id, id);
      plan_->keys_[placement->facts->key] = plan_->placements.size();
      plan_->ids_[id] = plan_->placements.size();
      plan_->placements.push_back(std::move(placement));
    }
  }

  void add_caps(EntityKind kind, std::string_view id, const std::vector<FrequencyCap>& caps,
                std::vector<FrequencyLimit>& out) const {
    const std::uint64_t scope = cap_scope(plan_->id, kind, id);
    for (const FrequencyCap& cap : caps) {
      out.push_back({scope, static_cast<std::uint32_t>(cap.count),
                     static_cast<std::uint32_t>(cap.period_hours * 3'600)});
    }
  }

  void collect_creatives() {
    std::map<std::string, std::string, std::less<>> first_ad;  // by creative
    for (const std::string& id : sorted_ids<Ad>(objects_)) {
      const Ad& ad = *objects_.find<Ad>(id);
      if (ad.status == SwitchStatus::active) first_ad.emplace(ad.creative_id, id);
    }
    for (const std::string& id : sorted_ids<Creative>(objects_)) {
      ServingCreative creative;
      creative.id = id;
      creative.facts = objects_.share<Creative>(id);
      if (creative.facts->status != SwitchStatus::active || creative.facts->weight <= 0) continue;
      add_caps(EntityKind::creative, id, creative.facts->caps, creative.caps);
      if (const auto ad = first_ad.find(id); ad != first_ad.end()) {
        const Ad& facts = *objects_.find<Ad>(ad->second);
        creative.ad_id = ad->second;
        creative.ad_type = facts.ad_type;
        add_caps(EntityKind::ad, ad->second, facts.caps, creative.caps);
      }
      creatives_[creative.facts->line_item_id].push_back(std::move(creative));
    }
  }

  void add_item(const std::string& id) {
    ServingItem item;
    item.id = id;
    item.facts = objects_.share<LineItem>(id);
    const LineItem& facts = *item.facts;
    const auto placement = plan_->ids_.find(facts.placement_id);
    item.campaign = objects_.share<Campaign>(facts.campaign_id);
    if (!item.campaign || placement == plan_->ids_.end()) return;
    const Campaign& campaign = *item.campaign;
    PlacementPlan& at = *plan_->placements[placement->second];
    auto tree = TargetingTree::make(facts.targeting, timezone_of(campaign), plan_->fields);
    if (!tree) {
      log_warn("a line item is not served: its targeting cannot be read",
               {{"line_item", id}, {"error", tree.error().message}});
      return;
    }
    item.campaign_id = facts.campaign_id;
    item.advertiser_id = campaign.advertiser_id;
    item.advertiser = objects_.share<Advertiser>(campaign.advertiser_id);
    item.is_active = campaign.status == LifeStatus::active && facts.status == SwitchStatus::active;
    item.is_comparable = campaign.currency.empty() || campaign.currency == plan_->currency;
    item.start_us =
        std::max(campaign.start_at.value_or(INT64_MIN), facts.start_at.value_or(INT64_MIN));
    item.end_us = std::min(campaign.end_at.value_or(INT64_MAX), facts.end_at.value_or(INT64_MAX));
    item.bid = facts.bid.value_or(0);
    item.price_micros = price_of(facts);
    placement_ = at.number;
    if (const auto found = creatives_.find(id); found != creatives_.end()) {
      item.creatives = std::move(found->second);
    }
    add_item_caps(item);
    add_budgets(item);
    plan_->items_[id] = {placement->second, at.items.size()};
    at.items.push_back(std::move(item));
    at.trees.push_back(*std::move(tree));
  }

  std::string timezone_of(const Campaign& campaign) const {
    return campaign.timezone.empty() ? plan_->timezone : campaign.timezone;
  }

  void add_item_caps(ServingItem& item) const {
    add_caps(EntityKind::line_item, item.id, item.facts->caps, item.caps);
    const auto& caps = item.campaign->caps;
    add_caps(EntityKind::campaign, item.campaign_id,
             caps.empty() ? std::vector<FrequencyCap>{kDefaultCap} : caps, item.caps);
    if (item.advertiser) {
      add_caps(EntityKind::advertiser, item.advertiser_id, item.advertiser->caps, item.caps);
    }
  }

  void add_budgets(ServingItem& item) {
    const Campaign& campaign = *item.campaign;
    ServingBudget owner;
    owner.timezone = timezone_of(campaign);
    owner.currency = campaign.currency.empty() ? plan_->currency : campaign.currency;
    owner.is_campaigns = true;
    owner.owner_id = item.campaign_id;
    owner.start_us = campaign.start_at;
    owner.end_us = campaign.end_at;
    add_amounts(item, owner, campaign.daily_budget, campaign.budget, campaign.goals);
    owner.is_campaigns = false;
    owner.owner_id = item.id;
    // A line item cannot run outside of its campaign, whatever its own dates say.
    if (item.start_us != INT64_MIN) owner.start_us = item.start_us;
    if (item.end_us != INT64_MAX) owner.end_us = item.end_us;
    add_amounts(item, owner, item.facts->daily_budget, item.facts->budget, item.facts->goals);
  }

  void add_amounts(ServingItem& item, ServingBudget budget, std::optional<std::int64_t> daily,
                   std::optional<std::int64_t> lifetime, const std::vector<Goal>& goals) {
    budget.is_cost = true;
    budget.period = GoalPeriod::daily;
    if (daily) add_budget(item, budget, *daily);
    budget.period = GoalPeriod::lifetime;
    if (lifetime) add_budget(item, budget, *lifetime);
    budget.is_cost = false;
    for (const Goal& goal : goals) {
      budget.metric = goal.metric;
      budget.period = goal.period;
      const bool is_money = goal.metric == GoalMetric::revenue;
      constexpr std::int64_t kCountMax = INT64_MAX / kOneCount;
      add_budget(item, budget,
                 is_money ? goal.target : std::min(goal.target, kCountMax) * kOneCount);
    }
  }

  void add_budget(ServingItem& item, ServingBudget budget, std::int64_t amount) {
    budget.amount = amount;
    const std::string key =
        fmt::format("{}\n{}\n{}\n{}\n{}", budget.is_campaigns, budget.owner_id, budget.is_cost,
                    static_cast<int>(budget.metric), static_cast<int>(budget.period));
    const auto [known, is_new] = budget_numbers_.try_emplace(key, plan_->budgets.size());
    if (is_new) {
      budget.account = accounts_.of(plan_->id, budget);
      plan_->budgets.push_back(std::move(budget));
    } else {  // of two goals for the same thing the stricter one counts
      std::int64_t& known_amount = plan_->budgets[known->second].amount;
      known_amount = std::min(known_amount, amount);
    }
    insert_once(item.budgets, known->second);
    insert_once(plan_->budgets[known->second].placements, placement_);
  }

  // Both kinds of lists are short.
  static void insert_once(std::vector<std::size_t>& numbers, std::size_t number) {
    const auto at = std::find(numbers.begin(), numbers.end(), number);
    if (at == numbers.end()) numbers.push_back(number);
  }

  void finish(PlacementPlan& placement) const {
    const std::size_t size = placement.items.size();
    // WeightedChoice wants the sum of bids times their number below 2^64.
    const auto bid_max = static_cast<std::int64_t>((std::uint64_t{1} << 63U) / (size * size + 2));
    std::vector<std::uint64_t> bids;
    std::map<std::int64_t, ItemBits> tiers;
    placement.servable.assign(size, false);
    for (std::size_t i = 0; i < size; ++i) {
      const ServingItem& item = placement.items[i];
      bids.push_back(static_cast<std::uint64_t>(std::clamp<std::int64_t>(item.bid, 0, bid_max)));
      ItemBits& tier = tiers.try_emplace(item.facts->priority, size).first->second;
      tier.set(i);
      if (item.is_active && item.is_comparable && !item.creatives.empty()) {
        placement.servable.set(i);
      }
    }
    for (auto& [priority, bits] : tiers) placement.tiers.push_back(std::move(bits));
    placement.index.emplace(placement.trees, plan_->fields);
    if (size > 0) placement.by_bid.emplace(bids);
  }

  const TenantObjects& objects_;
  BudgetAccounts& accounts_;
  std::shared_ptr<TenantPlan> plan_;
  std::size_t placement_ = 0;  // of the line item that is being added
  std::unordered_map<std::string, std::vector<ServingCreative>> creatives_;  // by line item
  std::unordered_map<std::string, std::size_t> budget_numbers_;
};

std::shared_ptr<const TenantPlan> build_plan(const std::string& tenant,
                                             const TenantObjects& objects,
                                             BudgetAccounts& accounts) {
  return PlanBuilder(tenant, objects, accounts).build();
}

}  // namespace adbacus
