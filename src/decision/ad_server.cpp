#include "decision/ad_server.hpp"

#include <algorithm>
#include <utility>

#include "decision/agent_fields.hpp"
#include "decision/geo_fields.hpp"
#include "decision/logged_fields.hpp"
#include "decision/page.hpp"
#include "decision/request_consent.hpp"
#include "decision/request_shape.hpp"
#include "model/decision_id.hpp"

namespace adbacus {
namespace {

LoggedDecision logged(const LoggedDecision& asked, const Decision& decision) {
  LoggedDecision out = asked;
  out.number = decision.number;
  out.placement_id = decision.placement->id;
  out.campaign_id = decision.item->campaign_id;
  out.line_item_id = decision.item->id;
  out.creative_id = decision.creative->id;
  out.ad_id = decision.creative->ad_id;
  out.user = decision.user;
  out.expected_cost = decision.expected_cost;
  if (decision.ranking == Ranking::ecpm) out.flags |= LoggedDecision::kByValue;
  if (decision.explored) out.flags |= LoggedDecision::kExplored;
  return out;
}

// Its place on the page.
std::uint32_t slot_number(const AdRequest& ads, const AdSlot& slot) {
  const auto found = std::find_if(ads.slots.begin(), ads.slots.end(),
                                  [&](const AdSlot& other) { return &other == &slot; });
  return static_cast<std::uint32_t>(found - ads.slots.begin());
}

}  // namespace

AdServer::AdServer(State state, FrequencyCaps& caps, const SigningKeys& keys, DecisionLog* log,
                   Clock& clock, const AdServerOptions& options)
    : state_(std::move(state)),
      keys_(keys),
      log_(log),
      clock_(clock),
      options_(options),
      decider_(caps, options_.decider),
      watch_({}),
      served_(counter("adbacus_decisions_total", "Slots decided on", "result=\"served\"")),
      unserved_(counter("adbacus_decisions_total", "Slots decided on", "result=\"no_ad\"")) {}

TenantView AdServer::view(std::string_view tenant) const {
  static const TenantState kNothing{.plan = std::make_shared<const TenantPlan>()};
  TenantView view{.held = state_()};
  const TenantState* of_tenant = view.held->tenant(tenant);
  view.tenant = of_tenant != nullptr ? of_tenant : &kNothing;
  return view;
}

Result<std::vector<SlotAnswer>> AdServer::decide(const TenantView& view, AdRequest& ads) const {
  ads.now_us = clock_.wall_us();
  ads.mono_us = clock_.mono_us();
  if (!ads.seed) ads.seed = random_seed();  // the log has it, so that the choice can be made again
  const RequestFields& fields = view.tenant->plan->fields;
  const GdprPlace place = options_.geo ? complete_geo_fields(*options_.geo->snapshot(), fields, ads)
                                       : GdprPlace::unknown;
  apply_consent(options_.consent, place, options_.geo && ads.is_browser, ads);
  if (options_.agents) complete_agent_fields(*options_.agents, fields, ads);
  return decider_.decide(*view.tenant, ads);
}

std::string_view AdServer::context_of(const TenantView& view, const AdRequest& ads) const {
  thread_local std::string text;
  text.clear();
  if (log_ == nullptr) return text;
  bool is_hidden = false;
  for (const auto& [field, value] : ads.context) {
    if (!view.tenant->plan->fields.find(field)) continue;
    if (append_logged_field(text, field, value)) is_hidden = true;
  }
  if (is_hidden) append_logged_field(text, kHiddenField, "1");
  return text;
}

std::vector<SignedDecision> AdServer::hand_out(const TenantView& view, const AdRequest& ads,
                                               const AdSlot& slot, const SlotAnswer& answer,
                                               std::string_view context, std::uint32_t grace_s) {
  const TenantPlan& plan = *view.tenant->plan;
  (answer.decisions.empty() ? unserved_ : served_).add();
  watch_.offer(plan, ads, slot, answer.decisions);
  std::vector<SignedDecision> out;
  LoggedDecision asked{.time_us = ads.now_us,
                       .tenant = plan.id,
                       .user = answer.user,
                       .flags = LoggedDecision::kSeeded,
                       .context = context,
                       .seed = ads.seed.value_or(0),
                       .shape = log_ != nullptr ? request_shape(ads, slot) : "",
                       .slot = slot_number(ads, slot)};
  for (const Decision& decision : answer.decisions) {
    out.push_back(sign(view, ads, decision, grace_s));
    if (log_ == nullptr) continue;
    log_->add(logged(asked, decision));
    ++asked.ad;
  }
  const PlacementPlan* placement = placement_of(plan, slot);
  if (log_ != nullptr && answer.decisions.empty() && placement != nullptr) {
    asked.placement_id = placement->id;
    asked.missing = static_cast<std::uint8_t>(answer.missing);
    log_->add(asked);
  }
  return out;
}

void AdServer::withdraw(const TenantView& view, const Decision& decision, const ItemRates* reserved,
                        TimeUs decided_us) const {
  const TenantPlan& plan = *view.tenant->plan;
  if (reserved != nullptr) {
    const TimeUs age_us = clock_.wall_us() - decided_us;
    release_budgets(plan, *decision.item, *reserved, clock_.mono_us() - age_us);
  }
  decider_.uncount(decision, decided_us);
  if (log_ == nullptr) return;
  LoggedDecision row;
  row.time_us = decided_us;
  row.number = decision.number;
  row.tenant = plan.id;
  row.placement_id = decision.placement->id;
  row.campaign_id = decision.item->campaign_id;
  row.line_item_id = decision.item->id;
  if (decision.creative != nullptr) {
    row.creative_id = decision.creative->id;
    row.ad_id = decision.creative->ad_id;
  }
  row.user = decision.user;
  row.flags = LoggedDecision::kTakenBack;
  log_->add(row);
}

SignedDecision AdServer::sign(const TenantView& view, const AdRequest& ads,
                              const Decision& decision, std::uint32_t grace_s) const {
  const ServingItem& item = *decision.item;
  const DecisionFacts facts{.number = decision.number,
                            .time_us = ads.now_us,
                            .tenant = view.tenant->plan->id,
                            .placement_id = decision.placement->id,
                            .campaign_id = item.campaign_id,
                            .line_item_id = item.id,
                            .creative_id = decision.creative->id,
                            .ad_id = decision.creative->ad_id,
                            .currency = item.campaign->currency,
                            .pricing = item.facts->pricing,
                            .price_micros = item.price_micros,
                            .user_hash = decision.user.low,
                            .life_s = life_of(*decision.creative) + grace_s};
  const PriceForm form = ads.is_for_page ? PriceForm::hidden : PriceForm::plain;
  return {.decision = decision, .id = encode_decision_id(facts, keys_, form)};
}

std::uint32_t AdServer::life_of(const ServingCreative& creative) const {
  switch (creative.ad_type.value_or(AdType::display)) {
    case AdType::native:
      return options_.native_life_s;
    case AdType::video:
    case AdType::audio:
      return options_.video_life_s;
    case AdType::display:
    case AdType::text:
      break;
  }
  return options_.display_life_s;
}

DecisionUrls AdServer::urls_of(const http::Request& request) const {
  if (!options_.public_url.empty()) return {.base = options_.public_url};
  const std::string_view host = request.header("host");
  return {.base = host.empty() ? std::string() : options_.scheme + "://" + std::string(host)};
}

}  // namespace adbacus
