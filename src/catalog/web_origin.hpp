// Web origins as browsers send them in the Origin header (RFC 6454, 6.2), so that those of a public
// key can be compared byte by byte. Called when keys are made. Pure, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace adbacus {

// "https://Shop.Example:443" becomes "https://shop.example". nullopt: not scheme://host[:port]. A
// host outside ASCII must be given in its xn-- form, as browsers send it.
std::optional<std::string> canonical_origin(std::string_view text);

}  // namespace adbacus
