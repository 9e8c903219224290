// What an event's landing page says of where the visit came from, for an event that does not say it
// itself: utm_ parameters become members of its metadata, the click id of an ad network its
// click_id. Called by the event rules. Free of threads; new texts live in the arena.
#pragma once

#include <string_view>

#include "model/event.hpp"
#include "model/event_codec.hpp"

namespace adbacus {

// Before the event's id is made. The URL's parameters count, and where it has none those of a
// referrer on the same site. `keeps_click_ids`: else those of networks are taken out of both.
void apply_landing(Event& event, Arena& arena, bool keeps_click_ids);

// Adds a member to the metadata, unless one of this name is there at whatever depth or it would
// become too large. `json`: the value.
void add_to_metadata(Event& event, Arena& arena, std::string_view name, std::string_view json);

}  // namespace adbacus
