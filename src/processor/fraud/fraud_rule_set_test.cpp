#include "processor/fraud/fraud_rule_set.hpp"

#include <gtest/gtest.h>
#include <set>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"

namespace adbacus {
namespace {

std::string error_of(std::string_view text) {
  const auto set = parse_fraud_rule_set(text);
  return set ? "" : set.error().message;
}

FraudRuleSet random_set(Rng& rng) {
  FraudRuleSet set;
  set.name = "set-" + std::to_string(rng.below(1000));
  set.version = static_cast<std::uint32_t>(1 + rng.below(100));
  set.invalid_from = static_cast<std::uint8_t>(1 + rng.below(100));
  set.suspect_from = static_cast<std::uint8_t>(1 + rng.below(set.invalid_from));
  set.sizes.click_keys = 1U << (3 + rng.below(20));
  for (const FraudRuleRow& row : fraud_rule_rows()) {
    FraudRule& rule = set[row.id];
    rule.hit_class = static_cast<FraudClass>(rng.below(5));
    rule.mode = static_cast<FraudMode>(rng.below(3));
    rule.weight = static_cast<std::uint8_t>(rng.below(101));
    rule.version = static_cast<std::uint16_t>(1 + rng.below(65'535));
    for (std::size_t i = 0; i < kFraudValues && !row.values[i].name.empty(); ++i) {
      const auto range = static_cast<std::uint64_t>(row.values[i].max - row.values[i].min + 1);
      rule.values[i] = row.values[i].min + static_cast<std::int64_t>(rng.below(range));
    }
  }
  return set;
}

TEST(FraudRules, EveryRuleHasANameOfItsOwnAndDefaultsWithinItsBounds) {
  std::set<std::string_view> names;
  for (const FraudRuleRow& row : fraud_rule_rows()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_FALSE(row.meaning.empty()) << row.name;
    EXPECT_EQ(find_fraud_rule(row.name), &row);
    EXPECT_LE(row.defaults.weight, kFraudScoreMax) << row.name;
    for (std::size_t i = 0; i < kFraudValues; ++i) {
      const FraudValue& value = row.values[i];
      EXPECT_GE(row.defaults.values[i], value.min) << row.name << " " << value.name;
      EXPECT_LE(row.defaults.values[i], value.max) << row.name << " " << value.name;
    }
  }
  EXPECT_EQ(find_fraud_rule("nothing"), nullptr);
}

TEST(FraudRules, ASetComesBackFromItsText) {
  Rng rng(test_seed());
  for (int i = 0; i < 200; ++i) {
    const FraudRuleSet set = i == 0 ? FraudRuleSet::defaults() : random_set(rng);
    const std::string text = fraud_rule_set_text(set);
    const auto back = parse_fraud_rule_set(text);
    ASSERT_TRUE(back) << back.error().message;
    ASSERT_EQ(*back, set) << text;
    ASSERT_EQ(fraud_rule_set_text(*back), text);
    ASSERT_EQ(back->hash(), set.hash());
  }
}

TEST(FraudRules, OtherSetsHaveOtherHashes) {
  Rng rng(test_seed());
  std::set<std::uint64_t> hashes;
  for (int i = 0; i < 200; ++i) hashes.insert(random_set(rng).hash());
  EXPECT_EQ(hashes.size(), 200U);
}

TEST(FraudRules, WhatATextDoesNotNameIsOffAndWhatARuleDoesNotSayIsTheDefault) {
  const auto set = parse_fraud_rule_set(
      R"({"name":"mine","rules":[{"id":"user_velocity","mode":"shadow","clicks":7}]})");
  ASSERT_TRUE(set) << set.error().message;
  EXPECT_EQ((*set)[FraudRuleId::user_velocity].mode, FraudMode::shadow);
  EXPECT_EQ((*set)[FraudRuleId::user_velocity].values[0], 7);
  EXPECT_EQ((*set)[FraudRuleId::user_velocity].values[1], 60);
  EXPECT_EQ((*set)[FraudRuleId::declared_bot].mode, FraudMode::off);
  EXPECT_EQ(set->invalid_from, 80);
  const auto back = parse_fraud_rule_set(fraud_rule_set_text(*set));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, *set);
}

TEST(FraudRules, AnErrorNamesTheField) {
  const auto rule = [](std::string_view fields) {
    return R"({"name":"x","rules":[{"id":"declared_bot"},{)" + std::string(fields) + "}]}";
  };
  EXPECT_EQ(error_of(rule(R"("id":"user_velocity","clicks":-1)")),
            "rules[1].clicks: must be a whole number from 0 to 1000000000");
  EXPECT_EQ(error_of(rule(R"("id":"user_velocity","clicks":"7")")),
            "rules[1].clicks: must be a whole number from 0 to 1000000000");
  EXPECT_EQ(error_of(rule(R"("id":"user_velocity","installs":7)")),
            "rules[1].installs: is not known");
  EXPECT_EQ(error_of(rule(R"("id":"user_velocity","clicks":1,"clicks":2)")),
            "rules[1].clicks: is there twice");
  EXPECT_EQ(error_of(rule(R"("id":"declared_bot")")), "rules[1].id: is there twice");
  EXPECT_EQ(error_of(rule(R"("id":"cheating")")), "rules[1].id: names no rule");
  EXPECT_EQ(error_of(rule(R"("mode":"on")")), "rules[1].id: names no rule");
  EXPECT_EQ(error_of(rule(R"("id":"vpn","weight":101)")),
            "rules[1].weight: must be a whole number from 0 to 100");
  EXPECT_EQ(error_of(rule(R"("id":"vpn","class":"bad")")),
            "rules[1].class: must be givt, machine, sivt, suspect or repeat");
  EXPECT_EQ(error_of(rule(R"("id":"vpn","mode":3)")), "rules[1].mode: must be a text");
  EXPECT_EQ(error_of(R"({"name":"x","rules":[4]})"), "rules[0]: must be an object");
  EXPECT_EQ(error_of(R"({"name":"x"})"), "rules: must be a list");
  EXPECT_EQ(error_of(R"({"name":"X","rules":[]})"),
            "name: must be 1 to 64 of a-z, 0-9, '_', '.', '-'");
  EXPECT_EQ(error_of(R"({"name":"x","click_keys":100,"rules":[]})"),
            "click_keys: must be a power of two");
  EXPECT_EQ(error_of(R"({"name":"x","suspect_from":90,"rules":[]})"),
            "suspect_from: must not be above invalid_from");
  EXPECT_EQ(error_of(R"({"name":"x","\n\u0007":1,"rules":[]})"), "??: is not known");
  EXPECT_EQ(error_of("[]"), "a rule set must be an object");
  EXPECT_NE(error_of("{"), "");
  EXPECT_NE(error_of(std::string(300'000, ' ')), "");
}

// Damaged texts are refused or understood, never more; what is understood can be written and read.
TEST(FraudRules, SurvivesDamagedTexts) {
  Rng rng(test_seed());
  const std::string good = fraud_rule_set_text(FraudRuleSet::defaults());
  for (int i = 0; i < 5000; ++i) {
    std::string text = good;
    for (std::uint64_t changes = 1 + rng.below(3); changes > 0; --changes) {
      const std::size_t at = rng.below(text.size());
      switch (rng.below(3)) {
        case 0:
          text[at] = static_cast<char>(rng.below(256));
          break;
        case 1:
          text.erase(at, rng.below(40));
          break;
        default:
          text.insert(at, text.substr(rng.below(text.size()), rng.below(40)));
      }
    }
    const auto set = parse_fraud_rule_set(text);
    if (!set) continue;
    const auto back = parse_fraud_rule_set(fraud_rule_set_text(*set));
    ASSERT_TRUE(back) << "seed " << test_seed() << "\n" << text;
    ASSERT_EQ(*back, *set);
  }
}

}  // namespace
}  // namespace adbacus
