#include "ingest/event_cost.hpp"

namespace adbacus {
namespace {

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

void fill_cost(const RequestFacts& facts, const EventPrice& price, EventDraft& draft) {
  Event& event = draft.event;
  DraftMoney& cost = draft.money[slot_cost];
  if (cost.sent || !is_priced(price.pricing, event)) return;
  // A page can say as often as it likes that somebody bought: only a secret key makes that cost.
  if (price.pricing == Pricing::cpa && facts.from_page) return;
  const std::string_view own = facts.tenant->currency;
  const std::string_view currency = price.currency.empty() ? own : price.currency;
  const std::string_view said = event.currency;
  if (said.empty() && draft.money[slot_value].sent && currency != own) return;
  if (!said.empty() && said != currency) return;
  cost.sent = true;
  cost.micros = price.micros;
  cost.field = price.source;
  event.currency = currency;
}

}  // namespace adbacus
