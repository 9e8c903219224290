#include "model/currency.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace adbacus {
namespace {

// ISO 4217 list one as published in Debian's iso-codes 4.15.0, and ZWG and XCG, which came later.
// Codes withdrawn since then stay, because an import may be older. The codes for testing and for
// "no currency" are left out: an amount in them cannot be added to anything.
constexpr std::array kCodes = std::to_array<std::string_view>({
    "AED", "AFN", "ALL", "AMD", "ANG", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT",
    "BGN", "BHD", "BIF", "BMD", "BND", "BOB", "BOV", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD",
    "CAD", "CDF", "CHE", "CHF", "CHW", "CLF", "CLP", "CNY", "COP", "COU", "CRC", "CUC", "CUP",
    "CVE", "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP",
    "GEL", "GHS", "GIP", "GMD", "GNF", "GTQ", "GYD", "HKD", "HNL", "HRK", "HTG", "HUF", "IDR",
    "ILS", "INR", "IQD", "IRR", "ISK", "JMD", "JOD", "JPY", "KES", "KGS", "KHR", "KMF", "KPW",
    "KRW", "KWD", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "LYD", "MAD", "MDL", "MGA",
    "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MXV", "MYR", "MZN", "NAD",
    "NGN", "NIO", "NOK", "NPR", "NZD", "OMR", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "PYG",
    "QAR", "RON", "RSD", "RUB", "RWF", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE",
    "SLL", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TND", "TOP",
    "TRY", "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "USN", "UYI", "UYU", "UYW", "UZS", "VED",
    "VES", "VND", "VUV", "WST", "XAF", "XAG", "XAU", "XBA", "XBB", "XBC", "XBD", "XCD", "XCG",
    "XDR", "XOF", "XPD", "XPF", "XPT", "XSU", "XUA", "YER", "ZAR", "ZMW", "ZWG", "ZWL",
});
static_assert(std::is_sorted(kCodes.begin(), kCodes.end()));

constexpr std::size_t kLetters = 26;
constexpr std::size_t kWordBits = 64;

constexpr bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

constexpr std::size_t place_of(std::string_view code) {
  const auto letter = [&](std::size_t i) { return static_cast<std::size_t>(code[i] - 'A'); };
  return (letter(0) * kLetters + letter(1)) * kLetters + letter(2);
}

// One bit for each three letters: asked for every event that has an amount.
constexpr auto kKnown = [] {
  std::array<std::uint64_t, kLetters * kLetters * kLetters / kWordBits + 1> bits{};
  for (const std::string_view code : kCodes) {
    bits[place_of(code) / kWordBits] |= std::uint64_t{1} << (place_of(code) % kWordBits);
  }
  return bits;
}();

}  // namespace

bool valid_currency(std::string_view code) {
  if (code.size() != 3 || !std::all_of(code.begin(), code.end(), is_upper)) return false;
  const std::size_t place = place_of(code);
  return ((kKnown[place / kWordBits] >> (place % kWordBits)) & 1U) != 0;
}

}  // namespace adbacus
