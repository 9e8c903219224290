#include "model/money.hpp"

#include <algorithm>

#include "base/rng.hpp"

namespace adbacus {
namespace {

constexpr int kPlaces = 6;              // micros
constexpr std::size_t kDigitsMax = 37;  // 10^37 fits in 128 bits with room for one more digit
constexpr int kExponentMax = 100'000;   // larger exponents are clamped: the answer is the same

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// |value| = digits * 10^exponent, plus something below one unit of the last digit if `sticky`.
struct Decimal {
  Uint128 digits = 0;
  std::size_t count = 0;  // significant digits taken
  int exponent = 0;
  bool sticky = false;
  bool negative = false;

  void add(char c, bool fraction) {
    if (count == 0 && c == '0') {
      if (fraction) --exponent;
      return;
    }
    if (count < kDigitsMax) {
      digits = digits * 10 + static_cast<unsigned>(c - '0');
      ++count;
      if (fraction) --exponent;
      return;
    }
    sticky = sticky || c != '0';
    if (!fraction) ++exponent;
  }
};

bool take_exponent(std::string_view& text, int& exponent) {
  text.remove_prefix(1);
  const bool negative = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  if (text.empty()) return false;
  int value = 0;
  for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1))
    value = std::min(value * 10 + (text.front() - '0'), kExponentMax);
  exponent += negative ? -value : value;
  return true;
}

// The JSON number grammar, all of `text`.
bool take_decimal(std::string_view text, Decimal& out) {
  if (text.size() > 100'000) return false;
  if (!text.empty() && text.front() == '-') {
    out.negative = true;
    text.remove_prefix(1);
  }
  if (text.empty() || !is_digit(text.front())) return false;
  if (text.front() == '0' && text.size() > 1 && is_digit(text[1])) return false;
  for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1))
    out.add(text.front(), false);
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    if (text.empty() || !is_digit(text.front())) return false;
    for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1))
      out.add(text.front(), true);
  }
  if (!text.empty() && (text.front() == 'e' || text.front() == 'E') &&
      !take_exponent(text, out.exponent))
    return false;
  return text.empty();
}

// Divides by 10^places, half to even; tells whether anything was dropped.
Uint128 divide_half_even(Uint128 value, int places, bool sticky, bool& rounded) {
  Uint128 divisor = 1;
  for (int i = 0; i < places; ++i) divisor *= 10;
  Uint128 quotient = value / divisor;
  const Uint128 rest = value % divisor;
  rounded = rest != 0 || sticky;
  const Uint128 twice = rest * 2;
  const bool above_half = twice > divisor || (twice == divisor && sticky);
  if (above_half || (twice == divisor && (quotient & 1U) != 0)) ++quotient;
  return quotient;
}

Error out_of_range() {
  return {ErrorCode::invalid_argument, "amount out of range"};
}

}  // namespace

Result<ParsedMoney> parse_money(std::string_view decimal) {
  Decimal d;
  if (!take_decimal(decimal, d)) return Error{ErrorCode::invalid_argument, "not a decimal number"};
  ParsedMoney out;
  Uint128 micros = d.digits;
  const int scale = d.exponent + kPlaces;
  if (micros == 0) return out;
  if (scale >= 0) {
    if (scale > 18 || d.sticky) return out_of_range();  // sticky: more than 37 digits
    for (int i = 0; i < scale && micros <= static_cast<Uint128>(kMicrosMax); ++i) micros *= 10;
  } else if (-scale > static_cast<int>(kDigitsMax)) {
    micros = 0;
    out.rounded = true;
  } else {
    micros = divide_half_even(micros, -scale, d.sticky, out.rounded);
  }
  if (micros > static_cast<Uint128>(kMicrosMax)) return out_of_range();
  out.micros = static_cast<std::int64_t>(micros);
  if (d.negative) out.micros = -out.micros;
  return out;
}

Result<std::int64_t> micros_from_cents(std::int64_t cents) {
  if (cents > kMicrosMax / kMicrosPerCent || cents < -kMicrosMax / kMicrosPerCent)
    return out_of_range();
  return cents * kMicrosPerCent;
}

std::int64_t cents_from_micros(std::int64_t micros) {
  std::int64_t cents = micros / kMicrosPerCent;
  const std::int64_t rest = micros % kMicrosPerCent;
  const std::int64_t twice = 2 * (rest < 0 ? -rest : rest);
  if (twice > kMicrosPerCent || (twice == kMicrosPerCent && cents % 2 != 0))
    cents += micros < 0 ? -1 : 1;
  return cents;
}

std::string money_text(std::int64_t micros) {
  std::string text;
  // The magnitude in unsigned arithmetic, so that the smallest int64 works too.
  const std::uint64_t magnitude =
      micros < 0 ? 0 - static_cast<std::uint64_t>(micros) : static_cast<std::uint64_t>(micros);
  if (micros < 0) text.push_back('-');
  text += std::to_string(magnitude / kMicrosPerUnit);
  std::string fraction = std::to_string(magnitude % kMicrosPerUnit);
  if (fraction == "0") return text;
  fraction.insert(0, kPlaces - fraction.size(), '0');
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return text + "." + fraction;
}

}  // namespace adbacus
