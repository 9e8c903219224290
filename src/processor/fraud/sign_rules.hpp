// The rules that need nothing but the event itself. Pure.
#pragma once

#include "processor/fraud/traffic_facts.hpp"
#include "processor/fraud/verdict.hpp"

namespace adbacus {

void judge_signs(const TrafficFacts& facts, const FraudRuleSet& rules, FraudHits& hits);

}  // namespace adbacus
