#include "decision/testing/naive_decider.hpp"

#include <algorithm>

namespace adbacus {
namespace {

template <class List, class Value>
bool has(const List& list, const Value& value) {
  return std::ranges::find(list, value) != list.end();
}

std::string user_of(const AdRequest& request) {
  return request.may_identify ? std::string(request.user_id) : "";
}

}  // namespace

void NaiveDecider::begin_page() {
  shown_items_.clear();
  shown_categories_.clear();
}

const Advertiser* NaiveDecider::advertiser_of(const LineItem& item) const {
  const std::string& id = catalog_.campaigns.at(item.campaign_id).advertiser_id;
  return id.empty() ? nullptr : &catalog_.advertisers.at(id);
}

const Ad* NaiveDecider::ad_of(const std::string& creative, std::string& id) const {
  for (const auto& [ad_id, ad] : catalog_.ads) {
    if (ad.creative_id == creative && ad.status == SwitchStatus::active) {
      id = ad_id;
      return &ad;
    }
  }
  return nullptr;
}

void NaiveDecider::show(const std::string& user, const std::string& item,
                        const std::string& creative) {
  const LineItem& facts = catalog_.items.at(item);
  shown_items_.insert(item);
  if (const Advertiser* advertiser = advertiser_of(facts)) {
    shown_categories_.insert(advertiser->categories.begin(), advertiser->categories.end());
  }
  if (user.empty()) return;
  std::string ad;
  ad_of(creative, ad);
  const std::string& advertiser = catalog_.campaigns.at(facts.campaign_id).advertiser_id;
  for (const std::string& scope :
       {"item " + item, "campaign " + facts.campaign_id, "advertiser " + advertiser,
        "creative " + creative, "ad " + ad}) {
    ++uses_[{user, scope}];
  }
}

const Placement* NaiveDecider::placement_of(const AdSlot& slot) const {
  for (const auto& [id, placement] : catalog_.placements) {
    if (slot.placement_key.empty() ? id == slot.placement_id
                                   : placement.key == slot.placement_key) {
      return &placement;
    }
  }
  return nullptr;
}

bool NaiveDecider::is_in_time(const LineItem& item, TimeUs now_us) const {
  const Campaign& campaign = catalog_.campaigns.at(item.campaign_id);
  for (const auto& start : {item.start_at, campaign.start_at}) {
    if (start && now_us < *start) return false;
  }
  for (const auto& end : {item.end_at, campaign.end_at}) {
    if (end && now_us > *end) return false;
  }
  return true;
}

bool NaiveDecider::has_size(const std::string& creative, const AdSlot& slot,
                            const Placement& placement) const {
  const Creative& facts = catalog_.creatives.at(creative);
  std::string ad_id;
  const Ad* ad = ad_of(creative, ad_id);
  if (!slot.ad_types.empty() && (ad == nullptr || !has(slot.ad_types, ad->ad_type))) return false;
  const std::vector<AdSize>& sizes = slot.sizes.empty() ? placement.sizes : slot.sizes;
  if (sizes.empty() || !facts.w) return true;
  return has(sizes, AdSize{*facts.w, *facts.h});
}

bool NaiveDecider::is_blocked(const std::string& id, const AdBlocks& blocks) const {
  const LineItem& item = catalog_.items.at(id);
  if (has(blocks.line_items, id) || has(blocks.campaigns, item.campaign_id)) return true;
  const Advertiser* advertiser = advertiser_of(item);
  if (advertiser == nullptr) return false;
  return has(blocks.advertisers, catalog_.campaigns.at(item.campaign_id).advertiser_id) ||
         has(blocks.advertisers, advertiser->domain) ||
         std::ranges::any_of(advertiser->categories, [&](const std::string& category) {
           return has(blocks.categories, category);
         });
}

bool NaiveDecider::shares_category(const std::string& item) const {
  const Advertiser* advertiser = advertiser_of(catalog_.items.at(item));
  return advertiser != nullptr && std::ranges::any_of(advertiser->categories, [&](auto& category) {
           return shown_categories_.contains(category);
         });
}

// All uses of a test lie within the shortest period.
bool NaiveDecider::is_capped(const std::string& user, const std::string& scope,
                             const std::vector<FrequencyCap>& caps) const {
  const auto found = uses_.find({user, scope});
  const std::int64_t uses = found == uses_.end() ? 0 : found->second;
  return std::ranges::any_of(caps, [&](const FrequencyCap& cap) { return uses >= cap.count; });
}

bool NaiveDecider::is_item_capped(const std::string& user, const std::string& id) const {
  if (user.empty()) return false;
  const LineItem& item = catalog_.items.at(id);
  const Campaign& campaign = catalog_.campaigns.at(item.campaign_id);
  const std::vector<FrequencyCap> usual{{.count = 5, .period_hours = 24}};
  const Advertiser* advertiser = advertiser_of(item);
  return is_capped(user, "item " + id, item.caps) ||
         is_capped(user, "campaign " + item.campaign_id,
                   campaign.caps.empty() ? usual : campaign.caps) ||
         (advertiser != nullptr &&
          is_capped(user, "advertiser " + campaign.advertiser_id, advertiser->caps));
}

bool NaiveDecider::is_creative_capped(const std::string& user, const std::string& creative) const {
  if (user.empty()) return false;
  std::string id;
  const Ad* ad = ad_of(creative, id);
  return is_capped(user, "creative " + creative, catalog_.creatives.at(creative).caps) ||
         (ad != nullptr && is_capped(user, "ad " + id, ad->caps));
}

Elimination NaiveDecider::reason(const std::string& id, const AdSlot& slot,
                                 const AdRequest& request) const {
  const LineItem& item = catalog_.items.at(id);
  const Campaign& campaign = catalog_.campaigns.at(item.campaign_id);
  const Placement& placement = *placement_of(slot);
  if (item.status != SwitchStatus::active || campaign.status != LifeStatus::active) {
    return Elimination::not_active;
  }
  if (!campaign.currency.empty() && campaign.currency != catalog_.tenant.currency) {
    return Elimination::currency;
  }
  if (!is_in_time(item, request.now_us)) return Elimination::schedule;
  std::vector<std::string> left;
  for (const auto& [creative, facts] : catalog_.creatives) {
    const bool is_on = facts.status == SwitchStatus::active && facts.weight > 0;
    if (facts.line_item_id == id && is_on) left.push_back(creative);
  }
  if (left.empty()) return Elimination::no_creative;
  std::erase_if(left, [&](const auto& creative) { return !has_size(creative, slot, placement); });
  if (left.empty()) return Elimination::size;
  if (const auto wanted = countries.find(id); wanted != countries.end()) {
    const std::pair<std::string_view, std::string_view> field{"country", wanted->second};
    if (!has(request.context, field)) return Elimination::targeting;
  }
  if (is_blocked(id, request.blocks) || shown_items_.contains(id) || shares_category(id)) {
    return Elimination::blocked;
  }
  std::erase_if(left,
                [&](const auto& creative) { return has(request.blocks.creatives, creative); });
  if (left.empty()) return Elimination::blocked;
  const std::string user = user_of(request);
  if (user.empty() && require_identity) return Elimination::consent;
  std::erase_if(left, [&](const auto& creative) { return is_creative_capped(user, creative); });
  if (left.empty() || is_item_capped(user, id)) return Elimination::frequency_cap;
  for (const Elimination why : {Elimination::budget, Elimination::pacing}) {
    for (const std::string& owner : {id, item.campaign_id}) {
      const auto found = budgets.find(owner);
      if (found != budgets.end() && found->second == why) return why;
    }
  }
  const auto floor = static_cast<double>(std::max(slot.floor, placement.floor.value_or(0)));
  return value(id) < floor ? Elimination::floor : Elimination::outranked;
}

std::vector<std::string> NaiveDecider::creatives(const std::string& item, const AdSlot& slot,
                                                 const AdRequest& request) const {
  std::vector<std::string> left;
  for (const auto& [id, facts] : catalog_.creatives) {
    if (facts.line_item_id == item && facts.status == SwitchStatus::active && facts.weight > 0 &&
        has_size(id, slot, *placement_of(slot)) && !has(request.blocks.creatives, id) &&
        !is_creative_capped(user_of(request), id)) {
      left.push_back(id);
    }
  }
  return left;
}

std::vector<std::string> NaiveDecider::first_tier(const AdSlot& slot,
                                                  const AdRequest& request) const {
  std::vector<std::string> tier;
  std::int64_t first = INT64_MAX;
  const Placement* placement = placement_of(slot);
  for (const auto& [id, item] : catalog_.items) {
    const auto of = catalog_.placements.find(item.placement_id);
    if (placement == nullptr || &of->second != placement || item.priority > first) continue;
    if (reason(id, slot, request) != Elimination::outranked) continue;
    if (item.priority < first) tier.clear();
    first = item.priority;
    tier.push_back(id);
  }
  return tier;
}

double NaiveDecider::value(const std::string& id) const {
  const LineItem& item = catalog_.items.at(id);
  const ItemRates known = rates.of_item(id);
  const auto bid = static_cast<double>(*item.bid);
  switch (item.pricing) {
    case Pricing::cpm:
      return bid;
    case Pricing::cpc:
      return bid * known.ctr * 1000;
    case Pricing::cpa:
      return bid * known.ctr * known.cvr * 1000;
  }
  return 0;
}

}  // namespace adbacus
