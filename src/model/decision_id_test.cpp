#include "model/decision_id.hpp"

#include <gtest/gtest.h>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"

namespace adbacus {
namespace {

const SigningKeys& keys() {
  static const SigningKeys made({{.id = 3, .secret = std::string(32, 'k')}});
  return made;
}

std::string random_id(Rng& rng) {
  static const char* const kFixed[] = {"", "0", "007", "-5", "18446744073709551616", "é", "a b"};
  if (rng.below(3) == 0) return kFixed[rng.below(std::size(kFixed))];
  if (rng.below(2) == 0) return std::to_string(rng.next() >> rng.below(64));
  std::string text(rng.below(200), '\0');
  for (char& byte : text) byte = static_cast<char>(rng.below(256));
  return text;
}

TEST(DecisionId, GivesBackWhatItWasMadeOf) {
  const std::uint64_t seed = test_seed();
  Rng rng(seed);
  for (int i = 0; i < 1'000; ++i) {
    DecisionFacts facts;
    facts.number = rng.next();
    facts.user_hash = rng.next();
    facts.time_us = static_cast<TimeUs>(rng.next() >> 8U) - (rng.below(2) == 0 ? 1LL << 55 : 0);
    facts.price_micros = static_cast<std::int64_t>(rng.next() >> rng.below(64) >> 1U);
    facts.life_s = static_cast<std::uint32_t>(rng.next());
    facts.pricing = static_cast<Pricing>(rng.below(3));
    facts.tenant = random_id(rng);
    facts.placement_id = random_id(rng);
    facts.campaign_id = random_id(rng);
    facts.line_item_id = random_id(rng);
    facts.creative_id = random_id(rng);
    facts.ad_id = random_id(rng);
    facts.currency = rng.below(2) == 0 ? "" : "CHF";
    const auto form = rng.below(2) == 0 ? PriceForm::plain : PriceForm::hidden;
    const auto back = decode_decision_id(encode_decision_id(facts, keys(), form), keys());
    ASSERT_TRUE(back) << "ADBACUS_SEED=" << seed;
    EXPECT_EQ(*back, facts) << "ADBACUS_SEED=" << seed;
  }
}

TEST(DecisionId, IsShortForUsualIds) {
  const DecisionFacts facts{.number = 1,
                            .time_us = 1'795'305'600'000'000,
                            .tenant = "1",
                            .placement_id = "7",
                            .campaign_id = "42",
                            .line_item_id = "420",
                            .creative_id = "4200",
                            .pricing = Pricing::cpm,
                            .price_micros = 2'500,
                            .user_hash = 2,
                            .life_s = 60};
  const std::string text = encode_decision_id(facts, keys());
  EXPECT_LE(text.size(), 76U) << text;
  EXPECT_EQ(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                   "0123456789-_"),
            std::string::npos);
}

TEST(DecisionId, AHiddenPriceIsInNoByteAndSurvivesANewKey) {
  DecisionFacts facts{.number = 77, .tenant = "1", .price_micros = 2'500};
  const auto content = [&] {
    return *keys().open("decision", encode_decision_id(facts, keys(), PriceForm::hidden));
  };
  const std::string first = content();
  facts.price_micros = 2'501;
  const std::string second = content();
  facts.number = 78;
  const std::string third = content();
  ASSERT_EQ(first.size(), second.size());
  std::size_t differing = 0;
  for (std::size_t i = 0; i < first.size(); ++i) differing += first[i] != second[i] ? 1 : 0;
  EXPECT_EQ(differing, 1U) << "the same decision under another price: nobody sees both";
  differing = 0;
  for (std::size_t i = 0; i < first.size(); ++i) differing += third[i] != second[i] ? 1 : 0;
  EXPECT_GE(differing, 5U) << "another decision hides it otherwise";
  const SigningKeys later(
      {{.id = 3, .secret = std::string(32, 'k')}, {.id = 4, .secret = std::string(32, 'n')}});
  const auto back = decode_decision_id(encode_decision_id(facts, keys(), PriceForm::hidden), later);
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, facts);
}

TEST(DecisionId, RefusesWhatIsNotItsOwn) {
  EXPECT_FALSE(decode_decision_id("", keys()));
  EXPECT_FALSE(decode_decision_id("dec-1", keys()));
  EXPECT_FALSE(decode_decision_id(keys().seal("link", "\x01"), keys()));
  EXPECT_FALSE(decode_decision_id(keys().seal("decision", "\x02"), keys()));
  EXPECT_FALSE(decode_decision_id(keys().seal("decision", "\x03"), keys()));
  // Sealed by us, but nothing that encode_decision_id() writes: no crash, no decision.
  const std::uint64_t seed = test_seed();
  Rng rng(seed);
  for (int i = 0; i < 2'000; ++i) {
    std::string content(rng.below(60), '\0');
    for (char& byte : content) byte = static_cast<char>(rng.below(8));
    if (!content.empty()) content[0] = static_cast<char>(1 + rng.below(2));
    const auto facts = decode_decision_id(keys().seal("decision", content), keys());
    if (facts) {
      EXPECT_LE(facts->pricing, Pricing::cpa);
    }
  }
}

}  // namespace
}  // namespace adbacus
