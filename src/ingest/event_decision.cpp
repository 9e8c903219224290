#include "ingest/event_decision.hpp"

#include <utility>

namespace adbacus {
namespace {

void set_flag(Event& event, std::uint16_t flag) {
  event.flags = static_cast<std::uint16_t>(event.flags | flag);
}

// What the advertiser pays for.
bool is_priced(Pricing pricing, const Event& event) {
  switch (pricing) {
    case Pricing::cpm:
      return event.type == EventType::impression;
    case Pricing::cpc:
      return event.type == EventType::click;
    case Pricing::cpa:
      return event.type == EventType::conversion &&
             shown_status(event.type, event.status) == ConversionStatus::approved;
  }
  return false;
}

}  // namespace

void EventDecision::complete(const RequestFacts& facts, EventDraft& draft) {
  Event& event = draft.event;
  if (event.decision_id.empty()) return;
  const SigningKeys* keys = facts.options->signing_keys.get();
  auto decoded = keys == nullptr ? std::nullopt : decode_decision_id(event.decision_id, *keys);
  if (!decoded || decoded->tenant != facts.tenant->id) {
    return set_flag(event, event_flag::foreign_decision);
  }
  decision_ = *std::move(decoded);
  if (!is_valid(facts, event)) return set_flag(event, event_flag::foreign_decision);
  const bool agrees = fill_ids(event);
  if (!agrees) set_flag(event, event_flag::conflicting_ref);
  // An import has no part in what counts once, so it is not billed by a decision either.
  if (!facts.import_run.empty()) return;
  set_flag(event, event_flag::signed_decision);
  if (agrees) fill_cost(facts, draft);
}

// What counts once must come while its use is remembered.
bool EventDecision::is_valid(const RequestFacts& facts, const Event& event) const {
  const TimeUs age_us = event.time_us - decision_.time_us;
  switch (event.type) {
    case EventType::impression:
      if (age_us > static_cast<TimeUs>(decision_.life_s) * kSecondUs) return false;
      break;
    case EventType::viewable_impression:
    case EventType::click:
      if (age_us > kDecisionClickLifeUs) return false;
      break;
    case EventType::conversion:
    case EventType::view:
    case EventType::interaction:
    case EventType::page_view:
    case EventType::custom:
      return true;
  }
  return !facts.import_run.empty() ||
         facts.received_us - decision_.time_us <= facts.options->decision_window_us;
}

// False: the event says something else.
bool EventDecision::fill_ids(Event& event) const {
  bool agrees = true;
  const auto fill = [&](std::string_view& field, const std::string& decided) {
    if (field.empty()) field = decided;
    agrees = agrees && (decided.empty() || field == decided);
  };
  fill(event.campaign_id, decision_.campaign_id);
  fill(event.line_item_id, decision_.line_item_id);
  fill(event.creative_id, decision_.creative_id);
  fill(event.placement_id, decision_.placement_id);
  fill(event.ad_id, decision_.ad_id);
  return agrees;
}

// An event has one currency: an amount in another one is left out.
void EventDecision::fill_cost(const RequestFacts& facts, EventDraft& draft) const {
  Event& event = draft.event;
  DraftMoney& cost = draft.money[slot_cost];
  if (cost.sent || !is_priced(decision_.pricing, event)) return;
  // A page can say as often as it likes that somebody bought: only a secret key makes that cost.
  if (decision_.pricing == Pricing::cpa && facts.from_page) return;
  const std::string& own = facts.tenant->currency;
  const std::string& currency = decision_.currency.empty() ? own : decision_.currency;
  const std::string_view said = event.currency;
  if (said.empty() && draft.money[slot_value].sent && currency != own) return;
  if (!said.empty() && said != currency) return;
  cost.sent = true;
  cost.micros = decision_.price_micros;
  cost.field = "decision_id";
  event.currency = currency;
}

}  // namespace adbacus
