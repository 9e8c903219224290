// What an event costs or is worth that says nothing of it itself. Pure functions.
#pragma once

#include <cstdint>
#include <string_view>

#include "ingest/event_draft.hpp"
#include "ingest/request_facts.hpp"
#include "model/campaign.hpp"
#include "model/measurement.hpp"

namespace adbacus {

struct EventPrice {
  Pricing pricing = Pricing::cpm;
  std::int64_t micros = 0;         // of one impression, click or conversion
  std::string_view currency = {};  // empty: the tenant's; must outlive the event
  std::string_view source = {};    // the field that the price comes from
};

// Sets the event's cost if it is of the kind that is paid for. What was sent stays; an event has
// one currency, so a price in another one is left out.
void fill_cost(const RequestFacts& facts, const EventPrice& price, EventDraft& draft);

// Sets the conversion's value to what its type says, under the same conditions.
void fill_value(const RequestFacts& facts, const ConversionType& type, EventDraft& draft);

}  // namespace adbacus
