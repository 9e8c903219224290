// Base64 for URLs and headers, unpadded (RFC 4648, section 5). Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace adbacus {

std::string base64url_encode(std::string_view bytes);
// nullopt: another character, an impossible length, or bits that no encoder sets; so that every
// byte string has exactly one text.
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace adbacus
