// Which of the accepted forms a body has, told from its beginning. Called by the intake.
// Pure functions, thread-safe.
#pragma once

#include <string_view>

#include "ingest/json_index.hpp"

namespace adbacus {

bool is_blank(std::string_view text);

// The first line is one whole object and there is more behind it: newline separated objects.
bool holds_json_lines(std::string_view body);

// The object at token 0 has a member "events" that is an array.
bool has_events_array(const JsonTokens& tokens);

// The object at token 0, well-formed and without an array of events, has a member "events" and
// no "event_type": it was meant to hold events.
bool lacks_events_array(const JsonTokens& tokens);

// The whole text is one string, number or literal.
bool is_lone_scalar(const JsonTokens& tokens);

}  // namespace adbacus
