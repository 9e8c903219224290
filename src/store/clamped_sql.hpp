// SQL for sums that stop at their ends like base/clamped_sum.hpp. Used by what reads the store and
// the lake with DuckDB, whose sums of 64-bit integers have 128 bits.
#pragma once

#include <fmt/format.h>
#include <string>

#include "base/clamped_sum.hpp"

namespace adbacus {

// `sum` is an SQL expression of 128 bits; the result is BIGINT.
inline std::string clamped_sql(const std::string& sum) {
  return fmt::format("CAST(least(greatest({}, -{}), {}) AS BIGINT)", sum, kSumMax, kSumMax);
}

}  // namespace adbacus
