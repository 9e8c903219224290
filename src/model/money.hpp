// Money is integer micros: 1/1,000,000 of a currency's major unit, with an ISO 4217 code beside it.
// Decimal text is parsed as text, never through a double. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace adbacus {

inline constexpr std::int64_t kMicrosPerCent = 10'000;
inline constexpr std::int64_t kMicrosPerUnit = 1'000'000;
// Largest accepted amount, 10^12 major units. Sums end at nine times that (base/clamped_sum.hpp).
inline constexpr std::int64_t kMicrosMax = 1'000'000'000'000'000'000;

struct ParsedMoney {
  std::int64_t micros = 0;
  bool rounded = false;  // more than 6 places: rounded half-even
};

// JSON number grammar: "19.99", "-3", "1e-3". invalid_argument if not a number or out of range.
Result<ParsedMoney> parse_money(std::string_view decimal);
Result<std::int64_t> micros_from_cents(std::int64_t cents);
// Half-even.
std::int64_t cents_from_micros(std::int64_t micros);
// Shortest exact decimal in major units: "999.5", "0", "-0.000001".
std::string money_text(std::int64_t micros);

}  // namespace adbacus
