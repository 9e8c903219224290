// Strings and numbers of JSON, byte by byte: the cases that the vectorised index leaves open.
// Called by the event parser. Pure functions, thread-safe.
#pragma once

#include <cstddef>
#include <string_view>

#include "model/event_codec.hpp"

namespace adbacus {

// The text of a string token whose raw form has a backslash, in `arena`. Answers what is wrong
// ("" = nothing): a bad escape, a lone surrogate, or NUL, which no id or text may contain.
std::string_view unescape(std::string_view raw, Arena& arena, std::string_view& out);
// The same checks without the text.
std::string_view check_escapes(std::string_view raw);

// JSON number of at most 64 bytes whose magnitude a double can hold.
bool valid_number(std::string_view token);
// true, false or null.
bool valid_literal(std::string_view token);

// `key` as one step of a JSON pointer: "/" and "~" are escaped (RFC 6901).
void append_pointer_step(std::string& pointer, std::string_view key);

}  // namespace adbacus
