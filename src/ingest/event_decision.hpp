// What a decision id of this server says about the event that carries it: campaign, line item,
// creative, placement and ad, and what the event costs. An id that is not ours, not this tenant's
// or too old says nothing. Belongs to one intake.
#pragma once

#include "ingest/event_draft.hpp"
#include "ingest/request_facts.hpp"
#include "model/decision_id.hpp"

namespace adbacus {

class EventDecision {
 public:
  // Fills what was not sent and sets the event's flags; needs the event's time. Texts of the event
  // become views of this object, until the next call. True: the id is one of the tenant's, so that
  // nothing else says what the event costs.
  bool complete(const RequestFacts& facts, EventDraft& draft);

 private:
  bool is_valid(const RequestFacts& facts, const Event& event) const;
  bool fill_ids(Event& event) const;

  DecisionFacts decision_;
};

}  // namespace adbacus
