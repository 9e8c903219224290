#include "model/currency.hpp"

#include <gtest/gtest.h>
#include <string>

namespace adbacus {
namespace {

TEST(Currency, KnowsTheCodesOfIso4217) {
  for (const char* code : {"AED", "ARS", "CHF", "CNY", "EUR", "GBP", "INR", "JPY", "KWD", "USD",
                           "VES", "XAF", "XCG", "ZAR", "ZMW", "ZWG"}) {
    EXPECT_TRUE(valid_currency(code)) << code;
  }
}

TEST(Currency, RefusesWhatOnlyLooksLikeACode) {
  for (const char* code : {"", "usd", "US", "USDT", "U5D", "ABC", "AAA", "ZZZ", "BTC", "EUX", "XTS",
                           "DEM", "US$", "Eur", " EUR",
                           "\xc3\x84"
                           "A"}) {
    EXPECT_FALSE(valid_currency(code)) << code;
  }
}

TEST(Currency, KnowsAsManyCodesAsTheListHas) {
  int known = 0;
  for (char a = 'A'; a <= 'Z'; ++a)
    for (char b = 'A'; b <= 'Z'; ++b)
      for (char c = 'A'; c <= 'Z'; ++c) known += valid_currency(std::string{a, b, c}) ? 1 : 0;
  EXPECT_EQ(known, 181);
}

}  // namespace
}  // namespace adbacus
