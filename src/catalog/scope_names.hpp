// The names of http::Scope bits as people write them: "ingest,read". Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace adbacus {

std::uint32_t all_scopes();
std::vector<std::string_view> scope_names(std::uint32_t scopes);  // in the order of the bits
// Comma-separated names, or "all". invalid_argument names the unknown one and lists the known.
Result<std::uint32_t> parse_scopes(std::string_view text);

}  // namespace adbacus
