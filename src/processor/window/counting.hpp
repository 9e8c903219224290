// Which counters one event raises, and by how much: the counting rules of the product in one place.
// Pure function.
#pragma once

#include "model/event_codec.hpp"
#include "store/rollup.hpp"

namespace adbacus {

// `conversion_type` is the event's unpacked `type` field. Only conversions carry revenue; refunds
// and chargebacks change revenue, not conversions; a status of none counts as approved.
void count_event(const PackedEvent& event, std::string_view conversion_type, Slice slice,
                 Counters& into);

}  // namespace adbacus
