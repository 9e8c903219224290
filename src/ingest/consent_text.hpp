// The consent object of an event in canonical form: known members first, in a fixed order, flags as
// true or false, blanks removed. The consent strings themselves are never altered.
// Called by the event parser. Free of threads.
#pragma once

#include <string_view>
#include <vector>

#include "enrich/consent/consent_verdict.hpp"
#include "ingest/json_walk.hpp"

namespace adbacus {

// Members as the walk found and checked them; faults are noted on the walk. The text is in its
// arena. `gpc`: the request carried Sec-GPC: 1, which outweighs a member gpc. `signals` becomes
// what the members say, as views.
std::string_view consent_text(JsonWalk& walk, const std::vector<JsonMember>& members, bool gpc,
                              ConsentSignals& signals);

// What consent_text answers for no members and gpc.
inline constexpr std::string_view kConsentGpcOnly = R"({"gpc":true})";

}  // namespace adbacus
