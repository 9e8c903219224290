// A request's privacy signals, applied: what they forbid is gone from the request, so that nothing
// behind can use or note it. Pure.
#pragma once

#include "decision/ad_request.hpp"

namespace adbacus {

// Sets may_identify and may_personalise. Without the first, ids, address and exact place are gone;
// without the second, segments and what else is known of the person. Where a person's data may not
// choose ads, every place is gone; who opted out has no id that another gave.
void apply_consent(const ConsentRules& rules, GdprPlace place, bool unknown_is_inside,
                   AdRequest& ads);

}  // namespace adbacus
