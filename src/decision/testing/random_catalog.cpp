#include "decision/testing/random_catalog.hpp"

namespace adbacus {
namespace {

constexpr AdSize kSizes[] = {{300, 250}, {728, 90}, {320, 50}};
constexpr AdType kTypes[] = {AdType::display, AdType::native, AdType::video};
constexpr std::uint64_t kAdvertisers = 5;
constexpr std::uint64_t kCategories = 6;
constexpr std::uint64_t kCampaigns = 8;
constexpr std::int64_t kPlenty = 1'000'000'000'000;  // micros
constexpr std::int64_t kDaily = 10'000'000;

Delivered cost(const std::string& campaign, const std::string& item, std::int64_t micros) {
  Delivered delivered{.time_us = kBenchTime - kHourUs, .campaign = campaign, .line_item = item};
  delivered.counters[Counter64::cost_micros] = micros;
  return delivered;
}

}  // namespace

std::vector<FrequencyCap> RandomCatalog::caps(std::uint64_t one_in_n) {
  std::vector<FrequencyCap> made;
  if (!one_in(one_in_n)) return made;
  for (auto count = 1 + rng_.below(2); count > 0; --count) {
    made.push_back({.count = static_cast<std::int64_t>(1 + rng_.below(6)),
                    .period_hours = static_cast<std::int64_t>(1 + rng_.below(100))});
  }
  return made;
}

void RandomCatalog::schedule(std::optional<TimeUs>& start_at, std::optional<TimeUs>& end_at,
                             TimeUs now_us) {
  if (one_in(3)) start_at = now_us - 9 * kHourUs + static_cast<TimeUs>(rng_.below(11)) * kHourUs;
  if (one_in(3)) end_at = now_us + 9 * kHourUs - static_cast<TimeUs>(rng_.below(11)) * kHourUs;
}

void RandomCatalog::add_campaign(const std::string& id, ServingBench& bench, NaiveDecider& model) {
  Campaign& campaign = bench.catalog.add_campaign(id);
  constexpr LifeStatus kOthers[] = {LifeStatus::draft, LifeStatus::paused, LifeStatus::ended};
  if (one_in(10)) campaign.status = kOthers[rng_.below(3)];
  if (one_in(5)) campaign.currency = one_in(2) ? "USD" : "EUR";  // the tenant's, or another one
  if (!one_in(5)) campaign.advertiser_id = any("a", kAdvertisers);
  if (one_in(3)) schedule(campaign.start_at, campaign.end_at, kBenchTime);
  campaign.caps = caps(3);
  switch (rng_.below(12)) {
    case 0:
      campaign.budget = kDaily;
      bench.ledger.add(cost(id, "before", kDaily));
      model.budgets[id] = Elimination::budget;
      break;
    case 1:
      campaign.goals.push_back({.metric = GoalMetric::clicks, .target = 3});
      {
        Delivered clicks = cost(id, "before", 0);
        clicks.counters[Counter64::clicks] = 3;
        bench.ledger.add(clicks);
      }
      model.budgets[id] = Elimination::budget;
      break;
    case 2:
      if (!campaign.start_at && !campaign.end_at) campaign.daily_budget = kPlenty;
      break;
    default:
      break;
  }
}

void RandomCatalog::add_creatives(const std::string& item, PlainCatalog& catalog) {
  for (auto count = rng_.below(10) == 0 ? 0 : 1 + rng_.below(3); count > 0; --count) {
    const std::string id = "r" + std::to_string(creatives_++);
    Creative& creative = catalog.add_creative(id, item);
    if (one_in(8)) creative.status = SwitchStatus::paused;
    creative.weight = one_in(8) ? 0 : static_cast<std::int64_t>(1 + rng_.below(100));
    if (!one_in(3)) {
      const AdSize size = kSizes[rng_.below(3)];
      creative.w = size.w;
      creative.h = size.h;
    }
    creative.caps = caps(5);
    for (auto ads = with_ads_ ? 1 + rng_.below(2) : rng_.below(2); ads > 0; --ads) {
      Ad& ad = catalog.ads["d" + id + std::to_string(ads)];
      ad.creative_id = id;
      ad.campaign_id = catalog.items.at(item).campaign_id;
      ad.ad_type = kTypes[rng_.below(3)];
      if (ads == 2) ad.status = SwitchStatus::paused;
      ad.caps = caps(5);
    }
  }
}

void RandomCatalog::add_item(const std::string& id, ServingBench& bench, NaiveDecider& model) {
  LineItem& item = bench.catalog.add_item(id, any("c", kCampaigns), any("p", 2));
  constexpr Pricing kPricings[] = {Pricing::cpm, Pricing::cpc, Pricing::cpa};
  constexpr std::int64_t kPriorities[] = {4, 8, 8, 16};
  constexpr PacingMode kPacing[] = {PacingMode::standard, PacingMode::accelerated};
  item.pricing = kPricings[rng_.below(3)];
  item.bid = one_in(15) ? 0 : static_cast<std::int64_t>(1 + rng_.below(2000)) * 1'000;
  item.priority = kPriorities[rng_.below(4)];
  item.pacing_mode = kPacing[rng_.below(2)];
  if (one_in(12)) item.status = SwitchStatus::paused;
  if (one_in(4)) schedule(item.start_at, item.end_at, kBenchTime);
  if (one_in(3)) {
    model.countries[id] = one_in(2) ? "DE" : "FR";
    item.targeting.json = R"({"country":")" + model.countries[id] + R"("})";
  }
  item.caps = caps(4);
  if (one_in(5)) {  // half or all of it is spent when a quarter of the day has gone
    // A flight that begins or ends today would change what is on pace.
    const Campaign& campaign = bench.catalog.campaigns.at(item.campaign_id);
    const bool all =
        one_in(2) || item.start_at || item.end_at || campaign.start_at || campaign.end_at;
    item.daily_budget = kDaily;
    bench.ledger.add(cost(item.campaign_id, id, all ? kDaily : kDaily / 2));
    if (all) {
      model.budgets[id] = Elimination::budget;
    } else if (item.pacing_mode == PacingMode::standard) {
      model.budgets[id] = Elimination::pacing;
    }
  }
  if (one_in(2)) {
    Delivered seen = cost(item.campaign_id, id, 0);
    seen.time_us -= kDayUs;
    DeliveryCounts counts{.impressions = static_cast<std::int64_t>(rng_.below(50'000))};
    counts.clicks = counts.impressions / static_cast<std::int64_t>(20 + rng_.below(500));
    counts.conversions = counts.clicks / static_cast<std::int64_t>(5 + rng_.below(50));
    seen.counters[Counter64::impressions] = counts.impressions;
    seen.counters[Counter64::conversions] = counts.conversions;
    seen.counters[Counter64::clicks] = counts.clicks;
    bench.ledger.add(seen);
    model.rates.add(id, "", counts);
  }
}

void RandomCatalog::fill(ServingBench& bench, NaiveDecider& model) {
  with_ads_ = one_in(2);
  items_ = 1 + rng_.below(one_in(5) ? 120 : 25);
  for (std::uint64_t i = 0; i < kAdvertisers; ++i) {
    Advertiser& advertiser = bench.catalog.advertisers["a" + std::to_string(i)];
    advertiser.name = "a";
    advertiser.domain = "a" + std::to_string(i) + ".example";
    for (auto n = rng_.below(3); n > 0; --n) {
      advertiser.categories.push_back(any("IAB", kCategories));
    }
    advertiser.caps = caps(4);
  }
  for (std::uint64_t i = 0; i < 2; ++i) {
    Placement& placement = bench.catalog.add_placement("p" + std::to_string(i));
    for (const AdSize& size : kSizes) {
      if (one_in(3)) placement.sizes.push_back(size);
    }
    if (one_in(3)) placement.floor = static_cast<std::int64_t>(rng_.below(1'500'000));
  }
  for (std::uint64_t i = 0; i < kCampaigns; ++i) {
    add_campaign("c" + std::to_string(i), bench, model);
  }
  for (std::uint64_t i = 0; i < items_; ++i) add_item("i" + std::to_string(i), bench, model);
  for (std::uint64_t i = 0; i < items_; ++i) add_creatives("i" + std::to_string(i), bench.catalog);
  // A goal that its campaign has reached by clicks of others changes the tenant's mean.
  for (const auto& [id, campaign] : bench.catalog.campaigns) {
    if (!campaign.goals.empty()) model.rates.add("before", "", {.clicks = 3});
  }
}

AdSlot RandomCatalog::slot() {
  AdSlot made;
  if (one_in(2)) {
    made.placement_key = text(any("key-p", one_in(20) ? 3 : 2));
  } else {
    made.placement_id = text(any("p", 2));
  }
  made.count = 1 + rng_.below(3);
  if (one_in(4)) made.sizes.push_back(kSizes[rng_.below(3)]);
  if (with_ads_ && one_in(4)) made.ad_types.push_back(kTypes[rng_.below(3)]);
  if (one_in(4)) made.floor = static_cast<std::int64_t>(rng_.below(1'500'000));
  return made;
}

AdBlocks RandomCatalog::blocks() {
  AdBlocks made;
  if (one_in(4)) made.advertisers.push_back(text(any("a", kAdvertisers)));
  if (one_in(4)) made.advertisers.push_back(text(any("a", kAdvertisers) + ".example"));
  if (one_in(4)) made.categories.push_back(text(any("IAB", kCategories)));
  if (one_in(4)) made.campaigns.push_back(text(any("c", kCampaigns)));
  if (one_in(4)) made.line_items.push_back(text(any("i", items_)));
  if (one_in(4)) made.creatives.push_back(text(any("r", creatives_ + 1)));
  return made;
}

AdRequest RandomCatalog::request(TimeUs now_us, std::size_t slots_max) {
  AdRequest made;
  made.now_us = now_us;
  if (!one_in(10)) made.user_id = text(any("u", 4));
  made.may_identify = !one_in(12);
  if (!one_in(5)) made.context.emplace_back("country", one_in(2) ? "DE" : "FR");
  if (one_in(3)) made.blocks = blocks();
  if (!one_in(3)) made.ranking = static_cast<Ranking>(1 + rng_.below(4));
  made.seed = rng_.next();
  for (auto count = 1 + rng_.below(slots_max); count > 0; --count) made.slots.push_back(slot());
  return made;
}

}  // namespace adbacus
