#include "model/money.hpp"

#include <cstdio>
#include <cstdlib>
#include <gtest/gtest.h>
#include <iostream>

#include "base/rng.hpp"

namespace adbacus {
namespace {

struct MoneyCase {
  const char* text;
  std::int64_t micros;
  bool rounded;
};

TEST(Money, ReadsDecimalsFromTheirText) {
  const MoneyCase cases[] = {
      {"0", 0, false},
      {"-0", 0, false},
      {"19.99", 19'990'000, false},
      {"-3", -3'000'000, false},
      {"1e-3", 1'000, false},
      {"1E+3", 1'000'000'000, false},
      {"0.000001", 1, false},
      {"0.0000005", 0, true},  // half to even: 0
      {"0.0000015", 2, true},  // half to even: 2
      {"0.00000150000000000000000000000000000000000000000000001", 2, true},
      {"0.00000250000000000000000000000000000000000000000000001", 3, true},
      {"0.0000025", 2, true},
      {"-0.0000015", -2, true},
      {"1.1234565", 1'123'456, true},
      {"1.0000000", 1'000'000, false},
      {"1e-400", 0, true},
      {"0e99999999999999999999", 0, false},
      {"1000000000000", kMicrosMax, false},
      {"-1e12", -kMicrosMax, false},
      {"90071992547.409931", 90'071'992'547'409'931, false},
  };
  for (const MoneyCase& c : cases) {
    const auto parsed = parse_money(c.text);
    ASSERT_TRUE(parsed) << c.text;
    EXPECT_EQ(parsed->micros, c.micros) << c.text;
    EXPECT_EQ(parsed->rounded, c.rounded) << c.text;
  }
}

TEST(Money, RefusesWhatIsNoJsonNumberOrTooLarge) {
  for (const char* text : {"",       "-",
                           "+1",     "01",
                           ".5",     "1.",
                           "1e",     "1e+",
                           "1.5.2",  "0x10",
                           "NaN",    "Infinity",
                           " 1",     "1 ",
                           "1,5",    "1000000000000.000001",
                           "1e13",   "1e999999999999",
                           "-1e300", "99999999999999999999999999999999999999999999999999"}) {
    const auto parsed = parse_money(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::invalid_argument);
  }
}

TEST(Money, ConvertsCentsExactlyAndRoundsBackHalfToEven) {
  EXPECT_EQ(*micros_from_cents(1999), 19'990'000);
  EXPECT_EQ(*micros_from_cents(-1), -10'000);
  EXPECT_TRUE(micros_from_cents(kMicrosMax / kMicrosPerCent));
  EXPECT_FALSE(micros_from_cents(kMicrosMax / kMicrosPerCent + 1));
  EXPECT_FALSE(micros_from_cents(-kMicrosMax));
  EXPECT_EQ(cents_from_micros(5'000), 0);
  EXPECT_EQ(cents_from_micros(15'000), 2);
  EXPECT_EQ(cents_from_micros(-15'000), -2);
  EXPECT_EQ(cents_from_micros(-5'001), -1);
  EXPECT_EQ(cents_from_micros(4'999), 0);
}

TEST(Money, PrintsTheShortestExactDecimal) {
  EXPECT_EQ(money_text(999'500'000), "999.5");
  EXPECT_EQ(money_text(0), "0");
  EXPECT_EQ(money_text(-1), "-0.000001");
  EXPECT_EQ(money_text(INT64_MIN), "-9223372036854.775808");
}

TEST(Money, ReadsBackWhatItPrintedForRandomAmounts) {
  const char* given = std::getenv("ADBACUS_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 20261121;
  std::cout << "seed " << seed << "\n";
  Rng rng(seed);
  for (int i = 0; i < 20'000; ++i) {
    auto micros = static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(kMicrosMax) + 1) >>
                                            rng.below(60));
    if (rng.below(2) == 0) micros = -micros;
    const auto parsed = parse_money(money_text(micros));
    ASSERT_TRUE(parsed) << micros;
    ASSERT_EQ(parsed->micros, micros);
    ASSERT_FALSE(parsed->rounded);
  }
}

}  // namespace
}  // namespace adbacus
