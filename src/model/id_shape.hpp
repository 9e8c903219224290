// What ids and links must look like. Called by the event parser for every id.
// Pure functions, thread-safe.
#pragma once

#include <cstddef>
#include <string_view>

namespace adbacus {

inline constexpr std::size_t kIdBytesMax = 128;
inline constexpr std::size_t kDecisionIdBytesMax = 1'280;  // ours name up to six ids
inline constexpr std::size_t kUrlBytesMax = 2048;

// An e-mail address (something@host.tld) or a phone number: "+" or "(" and 7 to 15 digits with the
// usual separators, or the groups 3-3-4. Plain digits are an id.
bool looks_like_pii(std::string_view id);

// http or https with a host, no blanks, control characters or backslashes.
bool valid_web_url(std::string_view url);

}  // namespace adbacus
