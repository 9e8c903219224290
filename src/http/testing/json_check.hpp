// Whether a text is one well-formed JSON value (RFC 8259), for tests of what we write. Recursive,
// depth at most 64.
#pragma once

#include <string_view>

namespace adbacus::http {

bool is_well_formed_json(std::string_view text);

}  // namespace adbacus::http
