// Parquet text must be UTF-8, or readers refuse the whole file. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace adbacus {

// RFC 3629: no overlong forms, no surrogates, at most U+10FFFF.
bool valid_utf8(std::string_view text);
// Each byte that does not belong to a valid sequence becomes U+FFFD.
std::string repair_utf8(std::string_view text);

}  // namespace adbacus
