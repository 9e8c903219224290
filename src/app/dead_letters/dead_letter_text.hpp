// Dead letters for people, out of the JSON that the endpoints answer (dead_letter_json.hpp). Used
// by `adbacus dlq` without --json, for its own answers and a server's. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace adbacus {

// Of a page: one line a letter under a heading, and how to go on.
Result<std::string> letter_table(std::string_view page);
// Of one letter with its event: one line a member.
Result<std::string> letter_lines(std::string_view letter);
// Of what an order answers: one sentence.
Result<std::string> letter_sentence(std::string_view answer);

}  // namespace adbacus
