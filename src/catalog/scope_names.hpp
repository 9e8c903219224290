// The names of http::Scope bits as people write them: "ingest,read", and what a role lets do. Pure
// functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/user.hpp"

namespace adbacus {

// What a person with this role may do: http::Scope bits. The one table of roles.
std::uint32_t role_scopes(Role role);
// What a key may do that was given `scopes`: one that reads also exports.
std::uint32_t key_scopes(std::uint32_t scopes);
std::uint32_t all_scopes();                                       // that have a name
std::vector<std::string_view> scope_names(std::uint32_t scopes);  // in the order of the bits
// Comma-separated names, or "all". invalid_argument names the unknown one and lists the known.
Result<std::uint32_t> parse_scopes(std::string_view text);

}  // namespace adbacus
