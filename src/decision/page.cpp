#include "decision/page.hpp"

#include <algorithm>

#include "decision/creative_choice.hpp"

namespace adbacus {
namespace {

constexpr std::uint64_t kUserSeed = 0x7573'6572;
constexpr std::uint64_t kVariantSeed = 0x7661'7269;
constexpr std::uint64_t kPercent = 100;

template <class T>
bool has(const std::vector<T>& list, std::string_view value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

std::vector<std::string_view> sorted(std::vector<std::string_view> list) {
  std::sort(list.begin(), list.end());
  return list;
}

// The domain or one that it is below of; the same for categories: "IAB25-3" is below "IAB25".
bool covers_domain(const std::vector<std::string_view>& blocked, std::string_view domain) {
  for (;;) {
    if (std::binary_search(blocked.begin(), blocked.end(), domain)) return true;
    const std::size_t dot = domain.find('.');
    if (dot == std::string_view::npos) return false;
    domain.remove_prefix(dot + 1);
  }
}
bool covers_category(const std::vector<std::string_view>& blocked, std::string_view category) {
  for (;;) {
    if (std::binary_search(blocked.begin(), blocked.end(), category)) return true;
    const std::size_t dash = category.rfind('-');
    if (dash == std::string_view::npos) return false;
    category = category.substr(0, dash);
  }
}

// Caps know a user of a tenant by this, else the session; never zero. No session meets a user of
// the same id: who chooses his session would use up somebody else's caps.
Hash128 user_hash(std::string_view tenant, const AdRequest& request) {
  thread_local std::string text;
  text.assign(tenant).push_back('\n');
  text.append(request.user_id);
  if (request.user_id.empty()) text.append("\nsession\n").append(request.session_id);
  Hash128 hash = hash128(text, kUserSeed);
  if (hash == Hash128()) hash.low = 1;
  return hash;
}

// Which variant a user gets; null: the user takes no part.
const ExperimentVariant* variant_of(const ServingExperiment& experiment, const Hash128& user) {
  const Experiment& facts = *experiment.facts;
  const std::uint64_t hash = hash64({reinterpret_cast<const char*>(&user), sizeof(user)},
                                    kVariantSeed ^ hash64(experiment.id, kVariantSeed));
  Rng rng(hash);
  if (rng.below(kPercent) >= static_cast<std::uint64_t>(facts.traffic_percent)) return nullptr;
  std::uint64_t all = 0;
  for (const auto& variant : facts.variants) all += static_cast<std::uint64_t>(variant.weight);
  if (all == 0) return nullptr;
  std::uint64_t at = rng.below(all);
  for (const auto& variant : facts.variants) {
    const auto weight = static_cast<std::uint64_t>(variant.weight);
    if (at < weight) return &variant;
    at -= weight;
  }
  return nullptr;
}

bool is_running(const Experiment& facts, TimeUs now_us) {
  return now_us >= facts.start_at.value_or(INT64_MIN) && now_us <= facts.end_at.value_or(INT64_MAX);
}

Attributes& scratch_attributes() {
  thread_local Attributes attributes;
  return attributes;
}

}  // namespace

std::uint64_t random_seed() {
  thread_local Rng seeds(secure_random_u64());
  return seeds.next();
}

Page::Page(FrequencyCaps& caps, const DeciderOptions& options, const TenantState& state,
           const AdRequest& request)
    : caps_(caps),
      options_(options),
      state_(state),
      plan_(*state.plan),
      request_(request),
      attributes_(scratch_attributes()),
      rng_(request.seed ? *request.seed : random_seed()),
      ranking_(request.ranking.value_or(plan_.ranking == Ranking::by_default ? options.ranking
                                                                             : plan_.ranking)),
      blocked_advertisers_(sorted(request.blocks.advertisers)),
      blocked_categories_(sorted(request.blocks.categories)) {
  const bool is_known = !request.user_id.empty() || !request.session_id.empty();
  if (is_known && request.may_identify) user_ = user_hash(plan_.id, request);
  if (request.user_hash) user_ = *request.user_hash;
  fill_attributes();
  assign_variants();
}

void Page::fill_attributes() {
  attributes_.reset(plan_.fields);
  for (const auto& [field, value] : request_.context) {
    if (field == "segment" && !request_.may_personalise) continue;
    attributes_.add(field, value);
  }
  for (const auto& [slot, hour] : state_.hours) attributes_.add(slot, hour);
}

void Page::assign_variants() {
  if (!has_identity()) return;
  for (const ServingExperiment& experiment : plan_.experiments) {
    if (!is_running(*experiment.facts, request_.now_us)) continue;
    const ExperimentVariant* assigned = variant_of(experiment, user_);
    if (assigned == nullptr) continue;
    if (experiment.facts->level == ExperimentLevel::ranking) {
      ranking_ = parse_ranking(assigned->target).value_or(ranking_);
      continue;
    }
    auto& hidden = experiment.facts->level == ExperimentLevel::campaign ? hidden_campaigns_
                                                                        : hidden_creatives_;
    for (const ExperimentVariant& variant : experiment.facts->variants) {
      if (!variant.target.empty() && variant.target != assigned->target) {
        hidden.push_back(variant.target);
      }
    }
  }
}

bool Page::is_restricted() const {
  return !request_.blocks.empty() || !hidden_campaigns_.empty() || !shown_.empty();
}

bool Page::is_hidden(const ServingItem& item) const {
  return has(hidden_campaigns_, item.campaign_id);
}

bool Page::is_blocked(const ServingItem& item) const {
  const AdBlocks& blocks = request_.blocks;
  if (has(blocks.line_items, item.id) || has(blocks.campaigns, item.campaign_id)) return true;
  const Advertiser* advertiser = item.advertiser.get();
  if (!item.advertiser_id.empty() &&
      std::binary_search(blocked_advertisers_.begin(), blocked_advertisers_.end(),
                         std::string_view(item.advertiser_id))) {
    return true;
  }
  if (advertiser != nullptr && is_blocked(*advertiser)) return true;
  return std::any_of(shown_.begin(), shown_.end(), [&](const ServingItem* shown) {
    if (shown->id == item.id) return true;
    if (advertiser == nullptr || !shown->advertiser) return false;
    const auto& theirs = shown->advertiser->categories;
    return std::any_of(theirs.begin(), theirs.end(), [&](const std::string& category) {
      return has(advertiser->categories, category);
    });
  });
}

bool Page::is_blocked(const Advertiser& advertiser) const {
  if (!advertiser.domain.empty() && covers_domain(blocked_advertisers_, advertiser.domain)) {
    return true;
  }
  const auto& categories = advertiser.categories;
  return !blocked_categories_.empty() &&
         std::any_of(categories.begin(), categories.end(), [&](const std::string& category) {
           return covers_category(blocked_categories_, category);
         });
}

bool Page::creative_fits(const AdSlot& slot, const PlacementPlan& placement,
                         const ServingItem& item, const ServingCreative& creative) {
  const Creative& facts = *creative.facts;
  if (!slot.ad_types.empty()) {
    const AdType type = creative.ad_type.value_or(AdType::display);
    if (std::find(slot.ad_types.begin(), slot.ad_types.end(), type) == slot.ad_types.end()) {
      return false;
    }
  }
  const auto& sizes = slot.sizes.empty() ? placement.facts->sizes : slot.sizes;
  const bool has_size = sizes.empty() || !facts.w || !facts.h ||
                        std::any_of(sizes.begin(), sizes.end(), [&](const AdSize& size) {
                          return size.w == *facts.w && size.h == *facts.h;
                        });
  return has_size && (slot.rule == nullptr || slot.rule->allows(item, creative));
}

bool Page::is_blocked(const ServingCreative& creative) const {
  return has(request_.blocks.creatives, creative.id) || has(hidden_creatives_, creative.id);
}

void Page::find_creatives(const AdSlot& slot, const PlacementPlan& placement,
                          const ServingItem& item, std::vector<std::size_t>& found) const {
  found.clear();
  for (std::size_t i = 0; i < item.creatives.size(); ++i) {
    const ServingCreative& creative = item.creatives[i];
    if (creative_fits(slot, placement, item, creative) && !is_blocked(creative)) found.push_back(i);
  }
}

void Page::keep_eligible(const AdSlot& slot, const PlacementPlan& placement, ItemBits& items) {
  const PlacementState& state = state_.of(placement);
  placement.index->filter(attributes_, items);
  if (is_restricted()) {
    items.for_each([&](std::size_t i) {
      const ServingItem& item = placement.items[i];
      if (is_hidden(item) || is_blocked(item)) items.clear(i);
    });
  }
  if (slot.floor > 0) {
    items.for_each([&](std::size_t i) {
      if (state.values[i] < static_cast<double>(slot.floor)) items.clear(i);
    });
  }
}

Result<void> Page::fill(const AdSlot& slot, SlotAnswer& answer) {
  answer.user = user_;
  const PlacementPlan* placement = placement_of(plan_, slot);
  if (placement == nullptr) {
    answer.missing = Elimination::placement_unknown;
    return {};
  }
  placement->requests->fetch_add(1, std::memory_order_relaxed);
  if (!has_identity() && options_.require_identity) {
    auto why = why_none(slot, *placement, Elimination::none);
    if (!why) return why.error();
    answer.missing = *why;
    return {};
  }
  thread_local ItemBits items;
  while (answer.decisions.size() < slot.count) {
    items = state_.of(*placement).open;
    keep_eligible(slot, *placement, items);
    auto found = choose(slot, *placement, items, answer);
    if (!found) return found.error();
    if (!*found) break;
    shown_.push_back(answer.decisions.back().item);
  }
  return {};
}

// By chance, all alike: line items that bid nothing (house ads) are shown when nobody else is left.
std::optional<std::size_t> Page::any_of(const ItemBits& items) {
  const std::size_t count = items.count();
  if (count == 0) return std::nullopt;
  std::uint64_t nth = rng_.below(count);
  std::optional<std::size_t> found;
  items.for_each([&](std::size_t i) {
    if (nth-- == 0) found = i;
  });
  return found;
}

// The next one to try among those that are left.
std::optional<std::size_t> Page::next(const PlacementPlan& placement, const ItemBits& items,
                                      bool by_bid) {
  if (ranking_ == Ranking::priority) return any_of(items);
  if (by_bid) {
    if (const auto drawn = placement.by_bid->draw(rng_, items)) return drawn;
    return any_of(items);
  }
  for (const std::uint32_t i : state_.of(placement).by_value) {
    if (items.test(i)) return i;
  }
  return std::nullopt;
}

Result<bool> Page::choose(const AdSlot& slot, const PlacementPlan& placement, ItemBits& items,
                          SlotAnswer& answer) {
  Decision decision;
  decision.ranking = ranking_;
  decision.explored = ranking_ == Ranking::ecpm && rng_.unit() < options_.explore_share;
  const bool by_bid = ranking_ != Ranking::ecpm || decision.explored;
  thread_local ItemBits tier_items;
  Elimination tried = Elimination::none;
  for (const ItemBits& tier : placement.tiers) {
    tier_items = items;
    tier_items &= tier;
    while (const auto at = next(placement, tier_items, by_bid)) {
      auto offered = offer(slot, placement, *at, decision);
      if (!offered) return offered.error();
      if (*offered == Offer::taken) {
        answer.missing = Elimination::none;
        answer.decisions.push_back(decision);
        return true;
      }
      if (*offered == Offer::capped) tried = std::max(tried, Elimination::frequency_cap);
      if (*offered == Offer::no_budget)
        tried = std::max(tried, spent_stage(plan_, placement.items[*at]));
      tier_items.clear(*at);
    }
  }
  auto why = why_none(slot, placement, tried);
  if (!why) return why.error();
  answer.missing = *why;
  return false;
}

Result<Page::Offer> Page::offer(const AdSlot& slot, const PlacementPlan& placement,
                                std::size_t item_number, Decision& decision) {
  const ServingItem& item = placement.items[item_number];
  const PlacementState& state = state_.of(placement);
  thread_local std::vector<std::size_t> order;
  find_creatives(slot, placement, item, order);
  if (order.empty()) return Offer::no_creative;
  const Rotation rotation =
      ranking_ == Ranking::thompson ? Rotation::optimised : item.facts->rotation;
  order_creatives(item, rotation, state.creative_counts[item_number], rng_, order);
  const ItemRates& rates = state.rates[item_number];
  if (!reserve_budgets(plan_, item, rates, request_.mono_us)) return Offer::no_budget;
  auto creative = take_caps(item, order);
  if (!creative || *creative == nullptr) {
    release_budgets(plan_, item, rates, request_.mono_us);
    if (!creative) return creative.error();
    return Offer::capped;
  }
  decision.number = rng_.next() ^ random_seed();
  decision.placement = &placement;
  decision.item = &item;
  decision.creative = *creative;
  decision.user = user_;
  decision.cap_unenforced = !has_identity();
  decision.expected_cost = expected_cost(item, rates);
  return Offer::taken;
}

// The first of the creatives that the user may still see, counted; null: none.
Result<const ServingCreative*> Page::take_caps(const ServingItem& item,
                                               const std::vector<std::size_t>& order) {
  const ServingCreative* first = &item.creatives[order.front()];
  if (!has_identity()) return first;
  // Most creatives have no caps: then the first one stands for all.
  thread_local std::vector<std::vector<FrequencyLimit>> limits;
  thread_local std::vector<std::span<const FrequencyLimit>> candidates;
  limits.resize(std::max(limits.size(), order.size()));
  candidates.clear();
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto& own = item.creatives[order[i]].caps;
    if (own.empty()) {
      candidates.emplace_back(item.caps);
      break;
    }
    limits[i].assign(item.caps.begin(), item.caps.end());
    limits[i].insert(limits[i].end(), own.begin(), own.end());
    candidates.emplace_back(limits[i]);
  }
  auto taken = caps_.take_first(user_, candidates, request_.now_us);
  if (!taken) return taken.error();
  return *taken ? &item.creatives[order[**taken]] : nullptr;
}

bool reserve_budgets(const TenantPlan& plan, const ServingItem& item, const ItemRates& rates,
                     TimeUs mono_us) {
  for (std::size_t i = 0; i < item.budgets.size(); ++i) {
    const ServingBudget& budget = plan.budgets[item.budgets[i]];
    const std::int64_t expected = expected_use(budget, item, rates);
    if (budget.account->reserve(expected, item.facts->pacing_mode, mono_us)) continue;
    while (i-- > 0) {
      const ServingBudget& earlier = plan.budgets[item.budgets[i]];
      earlier.account->release(expected_use(earlier, item, rates), mono_us);
    }
    return false;
  }
  return true;
}

Elimination spent_stage(const TenantPlan& plan, const ServingItem& item) {
  bool is_paced = false;
  for (const std::size_t number : item.budgets) {
    const BudgetAccount::State left = plan.budgets[number].account->state(item.facts->pacing_mode);
    if (left == BudgetAccount::State::exhausted) return Elimination::budget;
    is_paced = is_paced || left == BudgetAccount::State::paced;
  }
  return is_paced ? Elimination::pacing : Elimination::budget;
}

void release_budgets(const TenantPlan& plan, const ServingItem& item, const ItemRates& rates,
                     TimeUs mono_us) {
  for (const std::size_t number : item.budgets) {
    const ServingBudget& budget = plan.budgets[number];
    budget.account->release(expected_use(budget, item, rates), mono_us);
  }
}

}  // namespace adbacus
