// The body of POST /v1/decision and /api/decision/ as an AdRequest. Pure; fields are checked one by
// one and every mistake is told with its pointer.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "decision/ad_request.hpp"
#include "http/http.hpp"

namespace adbacus {

struct DecisionRequest {
  AdRequest ads = {};
  bool has_many = false;  // asked by `placements`: the answer names each
  bool with_trace = false;
  std::string_view user_key = {};  // as sent
  std::string_view tenant_id = {};
  std::vector<http::ProblemItem> problems = {};
  std::deque<std::string> texts = {};  // what the views above show and the body does not
};

inline constexpr std::size_t kDecisionBytesMax = std::size_t{64} << 10U;
inline constexpr std::size_t kSlotsMax = 20;
inline constexpr std::size_t kSlotAdsMax = 20;
inline constexpr std::size_t kRequestAdsMax = 100;

// False: the body is no JSON object; `problems` says why. Views are valid until the calling thread
// reads the next request, as long as `body` is.
bool read_decision_request(std::string_view body, DecisionRequest& out);

}  // namespace adbacus
