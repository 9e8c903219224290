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

// Whether the event may have an amount in `currency` (empty: the tenant's), which is its own from
// then on. `other` is the amount that may be there already, in the tenant's unless it says another.
bool takes_currency(const RequestFacts& facts, std::string_view currency, EventDraft& draft,
                    MoneySlot other) {
  Event& event = draft.event;
  const std::string_view own = facts.tenant->currency;
  if (currency.empty()) currency = own;
  if (event.currency.empty() && draft.money[other].sent && currency != own) return false;
  if (!event.currency.empty() && event.currency != currency) return false;
  event.currency = currency;
  return true;
}

}  // namespace

void fill_cost(const RequestFacts& facts, const EventPrice& price, EventDraft& draft) {
  Event& event = draft.event;
  DraftMoney& cost = draft.money[slot_cost];
  if (cost.sent || !is_priced(price.pricing, event)) return;
  // A page can say as often as it likes that somebody bought: only a secret key makes that cost.
  if (price.pricing == Pricing::cpa && facts.from_page) return;
  if (!takes_currency(facts, price.currency, draft, slot_value)) return;
  cost.sent = true;
  cost.micros = price.micros;
  cost.field = price.source;
}

void fill_value(const RequestFacts& facts, const ConversionType& type, EventDraft& draft) {
  DraftMoney& value = draft.money[slot_value];
  if (value.sent || !type.default_value) return;
  if (!takes_currency(facts, type.currency, draft, slot_cost)) return;
  value.sent = true;
  value.micros = *type.default_value;
  value.field = "type";
}

}  // namespace adbacus
