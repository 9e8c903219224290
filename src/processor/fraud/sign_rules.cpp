#include "processor/fraud/sign_rules.hpp"

#include <algorithm>

namespace adbacus {
namespace {

using Id = FraudRuleId;

void judge_agent(const TrafficFacts& facts, FraudHits& hits) {
  if ((facts.flags & event_flag::declared_bot) != 0) hits.add(Id::declared_bot);
  if (facts.is_listed_agent) hits.add(Id::bot_agent);
  if (!facts.is_browser_door) return;  // servers and apps speak through libraries, or say nothing
  if (facts.agent == 0) hits.add(Id::empty_agent);
  if (facts.is_library_agent) hits.add(Id::library_agent);
}

void judge_network(const TrafficFacts& facts, FraudHits& hits) {
  if ((facts.lists & traffic_list::data_centre) != 0) hits.add(Id::data_centre);
  if ((facts.lists & traffic_list::tor_exit) != 0) hits.add(Id::tor_exit);
  if ((facts.lists & traffic_list::blocked) != 0) hits.add(Id::blocked_network);
  if ((facts.lists & traffic_list::vpn) != 0) hits.add(Id::vpn);
  if (facts.is_elsewhere) hits.add(Id::geo_mismatch);
}

void judge_slot(const TrafficFacts& facts, const FraudRuleSet& rules, FraudHits& hits) {
  const SlotPoint& slot = facts.slot;
  if (!slot.width || !slot.height) return;
  const std::int64_t size = std::min(*slot.width, *slot.height);
  if (size >= 0 && size <= rules[Id::hidden_slot].values[0])
    hits.add(Id::hidden_slot, static_cast<std::uint64_t>(size));
  if (facts.type != EventType::click || !slot.x || !slot.y) return;
  const bool is_inside =
      *slot.x >= 0 && *slot.y >= 0 && *slot.x <= *slot.width && *slot.y <= *slot.height;
  if (!is_inside) hits.add(Id::outside_slot);
}

}  // namespace

void judge_signs(const TrafficFacts& facts, const FraudRuleSet& rules, FraudHits& hits) {
  judge_agent(facts, hits);
  judge_network(facts, hits);
  judge_slot(facts, rules, hits);
  if (facts.is_unseen_request) hits.add(Id::unseen_request);
  if (facts.is_honeypot) hits.add(Id::honeypot);
  if ((facts.flags & event_flag::foreign_decision) != 0) hits.add(Id::foreign_token);
}

}  // namespace adbacus
