#include "app/simulate/simulation.hpp"

#include <algorithm>

#include "base/hash.hpp"
#include "decision/decision_recovery.hpp"
#include "decision/request_shape.hpp"

namespace adbacus {
namespace {

constexpr std::uint64_t kSeedSeed = 0x7369'6d75;
// From a decision until the store shows what came of it.
constexpr TimeUs kLagUs = 2 * kSecondUs;

std::uint64_t seed_of(const LoggedPage& page, std::uint64_t seed) {
  if (page.has_seed) return page.seed;
  return hash64({reinterpret_cast<const char*>(&page.user), sizeof(page.user)},
                kSeedSeed ^ seed ^ static_cast<std::uint64_t>(page.time_us));
}

void add(SimulatedDelivery& sum, const ExpectedDelivery& expected, const Hash128& user) {
  ++sum.decisions;
  sum.expected.add(expected);
  if (user != Hash128()) sum.users.add(user.low);
}

}  // namespace

Simulation::Simulation(std::shared_ptr<const CatalogSnapshot> catalog, ReportReader& actual,
                       const ObservedRates& rates, const SimulationOptions& options)
    : options_(options),
      rates_(rates),
      store_(actual, options.period.from_us),
      counters_(*open_counters({})),
      catalog_(std::move(catalog)),
      decider_(*counters_.caps, options.decider) {
  clock_.now_us = options_.period.from_us;
  store_.set_now(clock_.now_us);
  keeper_ = std::make_unique<ServingKeeper>([this] { return catalog_; }, &store_, clock_,
                                            options_.keeper);
  held_ = keeper_->state();
}

Result<void> Simulation::begin(EventLog& log, const TrafficHistory& traffic) {
  keeper_->learn(traffic);
  auto found = recover_decisions(log, *keeper_->state(), *counters_.caps, clock_.now_us,
                                 clock_.mono_us(), clock_.now_us, options_.keeper.reserve_s);
  if (!found) return found.error();
  keeper_->settle();
  held_ = keeper_->state();
  return {};
}

void Simulation::move_to(TimeUs time_us) {
  if (time_us - floor_to(clock_.now_us, options_.settle_us) < options_.settle_us) {
    clock_.now_us = std::max(clock_.now_us, time_us);
    return;
  }
  clock_.now_us = time_us;
  store_.set_now(time_us);
  const auto later = std::find_if(coming_.begin(), coming_.end(),
                                  [&](const Coming& one) { return one.time_us > time_us; });
  for (auto at = coming_.begin(); at != later; ++at) {
    store_.add(at->campaign, at->line_item, at->time_us, at->expected);
  }
  coming_.erase(coming_.begin(), later);
  keeper_->settle();
  held_ = keeper_->state();
}

Result<AdRequest> Simulation::request_of(const LoggedPage& page) {
  AdRequest request;
  request.now_us = clock_.now_us;
  request.mono_us = clock_.mono_us();
  request.user_hash = page.user;
  request.seed = seed_of(page, options_.seed);
  if (auto read = read_fields_text(page.context, request.context); !read) return read.error();
  for (const LoggedSlot& logged : page.slots) {
    AdSlot& slot = request.slots.emplace_back();
    slot.placement_id = logged.placement_id;
    auto shape = read_request_shape(logged.shape, request, slot);
    if (!shape) return shape.error();
    if (shape->has_rule) ++with_rule_;
    if (!page.has_seed) slot.count = std::max<std::size_t>(logged.ads.size(), 1);
  }
  return request;
}

Result<std::vector<SlotAnswer>> Simulation::decide(const LoggedPage& page) {
  move_to(page.time_us);
  auto request = request_of(page);
  if (!request) return request.error();
  auto answers = decider_.decide(state(), *request);
  if (!answers) return answers;
  for (std::size_t i = 0; i < answers->size(); ++i) {
    // Of placements that were not known, nothing is logged.
    if (!page.slots[i].placement_id.empty()) count(page, (*answers)[i]);
  }
  return answers;
}

void Simulation::take_back(const LoggedPage& loss) {
  for (const LoggedSlot& slot : loss.slots) {
    for (const LoggedAd& ad : slot.ads) {
      std::size_t number = 0;
      const PlacementPlan* placement = state().plan->of_item(ad.line_item_id, number);
      if (placement == nullptr) continue;
      const ServingItem& item = placement->items[number];
      const auto creative = std::find_if(
          item.creatives.begin(), item.creatives.end(),
          [&](const ServingCreative& candidate) { return candidate.id == ad.creative_id; });
      Decision decision;
      decision.placement = placement;
      decision.item = &item;
      decision.creative = creative == item.creatives.end() ? nullptr : &*creative;
      decision.user = loss.user;
      decision.cap_unenforced = loss.user == Hash128();
      decider_.uncount(decision, loss.time_us);
    }
  }
}

ExpectedDelivery Simulation::expected_of(const ServingItem& item) const {
  const ItemRates rates = rates_.rates.of_item(item.id);
  ExpectedDelivery expected;
  expected.impressions = rates_.shown_of(item.id);
  expected.clicks = expected.impressions * rates.ctr;
  expected.conversions = expected.clicks * rates.cvr;
  const auto price = static_cast<double>(item.price_micros);
  switch (item.facts->pricing) {
    case Pricing::cpm:
      expected.cost = price * expected.impressions;
      break;
    case Pricing::cpc:
      expected.cost = price * expected.clicks;
      break;
    case Pricing::cpa:
      expected.cost = price * expected.conversions;
      break;
  }
  return expected;
}

void Simulation::count(const LoggedPage& page, const SlotAnswer& slot) {
  ++tally_.slots;
  if (slot.decisions.empty()) ++tally_.missing[static_cast<std::size_t>(slot.missing)];
  for (const Decision& decision : slot.decisions) {
    const ServingItem& item = *decision.item;
    const ExpectedDelivery expected = expected_of(item);
    add(tally_.items[item.id], expected, page.user);
    add(tally_.campaigns[item.campaign_id], expected, page.user);
    add(tally_.all, expected, page.user);
    coming_.push_back({clock_.now_us + kLagUs, item.campaign_id, item.id, expected});
  }
}

}  // namespace adbacus
