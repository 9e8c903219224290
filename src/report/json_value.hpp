// JSON values as the texts that a query string would hold. Used by the readers of a report's JSON
// body only. Pure functions.
#pragma once

#include <simdjson.h>
#include <string>
#include <vector>

#include "http/http.hpp"

namespace adbacus {

// The values of a scalar or of a list of scalars: texts as they are, numbers and booleans as their
// text, null as the empty text (an absent field). False: something else, added to `problems`.
bool add_json_values(const simdjson::dom::element& element, const std::string& pointer,
                     bool& is_list, std::vector<std::string>& values,
                     std::vector<http::ProblemItem>& problems);

}  // namespace adbacus
