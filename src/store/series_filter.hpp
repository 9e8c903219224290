// Decides which series a report's filters let through. Pure functions, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/report_query.hpp"

namespace adbacus {

// All filters must hold. As in targeting, an absent (empty) dimension satisfies no eq, in, contains
// or starts_with with a non-empty value, and ne and not_in only say that the text differs.
bool passes(const Series& series, const std::vector<Filter>& filters);

// The values of `dim` that the filters allow, sorted and unique, if eq or in limits them at all:
// where a store can look up instead of scan.
std::optional<std::vector<std::string>> allowed_values(const std::vector<Filter>& filters,
                                                       SeriesDim dim);

}  // namespace adbacus
