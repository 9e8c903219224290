// Decisions as JSON: the compatibility answer of /api/decision/, and those of /v1/decision for one
// placement and for several. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "decision/decider.hpp"
#include "decision/decision_request.hpp"

namespace adbacus {

// Where a page finds what belongs to a decision.
struct DecisionUrls {
  std::string base = {};  // "https://ads.example.com", without a slash at the end
  std::string impression(std::string_view decision_id) const;
  std::string click(std::string_view decision_id) const;
};

// A decision with what makes it known outside.
struct SignedDecision {
  Decision decision = {};
  std::string id = {};
};

enum class AnswerForm : std::uint8_t {
  compatible,  // ids that are numbers are written as numbers
  native,
  page,  // native for whoever looks into a page: without prices and what stands behind them
};

std::string one_decision_json(const SignedDecision& decision, const DecisionUrls& urls,
                              AnswerForm form, const std::vector<ItemTrace>* trace);
// No ad, but somebody wants to know why.
std::string no_decision_json(const std::vector<ItemTrace>& trace);

struct SlotDecisions {
  const AdSlot* slot = nullptr;
  std::vector<SignedDecision> decisions = {};
  std::vector<ItemTrace> trace = {};
};
std::string many_decisions_json(const std::vector<SlotDecisions>& slots, std::string_view user_key,
                                const DecisionUrls& urls, AnswerForm form, bool with_trace);

}  // namespace adbacus
