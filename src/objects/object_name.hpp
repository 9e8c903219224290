// The rule that every object name and listing prefix keeps, for all backends. Pure functions.
#pragma once

#include <string_view>

#include "base/result.hpp"

namespace adbacus {

inline constexpr std::size_t kObjectNameBytesMax = 512;

// Relative, parts joined by '/', no part empty, "." or "..", no control characters or backslashes.
// invalid_argument names the offending object.
Result<void> check_object_name(std::string_view name);
// A prefix is a name that may end in '/' or be empty.
Result<void> check_object_prefix(std::string_view prefix);

}  // namespace adbacus
