// The touches that a conversion is ascribed to, and how much of it to each. A function of the set
// of touches, not of the order in which they arrived. Pure; free of threads.
#pragma once

#include <cstdint>
#include <vector>

#include "model/measurement.hpp"
#include "processor/attribution/touch.hpp"

namespace adbacus {

// A touch of the conversion's user, or one that the conversion names.
struct Candidate {
  Touch touch;                            // no conversion
  const AttributionRule* rule = nullptr;  // that judges it for the conversion's type
  bool is_linked = false;  // the conversion names it: click, impression or decision id
};

struct CreditedTouch {
  Candidate candidate;
  std::uint32_t credit = 0;  // in parts of kCreditParts; 0: on the path, assisted
};

struct Path {
  AttributionModel model = AttributionModel::last_click;
  std::vector<CreditedTouch> touches;  // the oldest first; empty: the conversion is unattributed

  const CreditedTouch* greatest() const;  // with the most credit, the later one among equal ones
};

// Eligible is a touch with 0 <= conversion time - touch time <= the window of its rule and kind.
// The eligible clicks make the path; without one the viewable impressions; without these the other
// ones. The rule of the newest of them chooses the model. But when the rule of the newest eligible
// touch of any kind says last_touch, that is the model, and clicks and views make the path alike.
// In last_click and last_touch an eligible linked touch has all credit, whatever is newer: a click
// before views, the newest of a kind.
Path path_of(TimeUs conversion_us, std::vector<Candidate> candidates);

}  // namespace adbacus
