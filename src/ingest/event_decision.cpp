#include "ingest/event_decision.hpp"

#include <utility>

#include "ingest/event_cost.hpp"

namespace adbacus {
namespace {

void set_flag(Event& event, std::uint16_t flag) {
  event.flags = static_cast<std::uint16_t>(event.flags | flag);
}

}  // namespace

bool EventDecision::complete(const RequestFacts& facts, EventDraft& draft) {
  Event& event = draft.event;
  if (event.decision_id.empty()) return false;
  const SigningKeys* keys = facts.options->signing_keys.get();
  auto decoded = keys == nullptr ? std::nullopt : decode_decision_id(event.decision_id, *keys);
  if (!decoded || decoded->tenant != facts.tenant->id) {
    set_flag(event, event_flag::foreign_decision);
    return false;
  }
  decision_ = *std::move(decoded);
  if (!is_valid(facts, event)) {
    set_flag(event, event_flag::foreign_decision);
    return true;
  }
  const bool agrees = fill_ids(event);
  if (!agrees) set_flag(event, event_flag::conflicting_ref);
  // An import has no part in what counts once, so it is not billed by a decision either.
  if (!facts.import_run.empty()) return true;
  set_flag(event, event_flag::signed_decision);
  if (!agrees) return true;
  fill_cost(facts,
            {.pricing = decision_.pricing,
             .micros = decision_.price_micros,
             .currency = decision_.currency,
             .source = "decision_id"},
            draft);
  return true;
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

}  // namespace adbacus
