#include "ingest/event_cost.hpp"

#include <gtest/gtest.h>

#include "ingest/testing/catalog_objects.hpp"
#include "ingest/testing/intake_fixture.hpp"
#include "model/decision_id.hpp"

namespace adbacus {
namespace {

class EventCostTest : public ::testing::Test {
 protected:
  EventCostTest() {
    fixture_.options.signing_keys = keys_;
    sell("cpm", 2'500'000);
  }

  void sell(const std::string& pricing, std::int64_t bid_micros, const std::string& currency = {}) {
    objects_.add(EntityKind::campaign, "c9", R"({"name":"c","currency":")" + currency + R"("})");
    objects_.add(EntityKind::line_item, "li9",
                 R"({"campaign_id":"c9","placement_id":"pl1","pricing":")" + pricing +
                     R"(","bid_micros":)" + std::to_string(bid_micros) + "}");
    fixture_.facts.objects = objects_.tenant();
  }
  const Event& event(const std::string& type, const std::string& more = {},
                     const std::string& named = R"("line_item_id":"li9")") {
    read_ = &fixture_.read(R"({"event_id":"e","ts":1795262400000,"event_type":")" + type + "\"," +
                           named + more + "}");
    EXPECT_EQ(read_->code(), "") << type << more;
    static const Event kNone;
    return read_->events.empty() ? kNone : read_->events.front();
  }
  bool bills(const std::string& type, const std::string& more = {}) {
    return event(type, more).has_cost;
  }

  const std::shared_ptr<const SigningKeys> keys_ =
      std::make_shared<const SigningKeys>(std::vector<SigningKey>{{1, std::string(32, 'k')}});
  CatalogObjects objects_ = two_campaigns();
  IntakeFixture fixture_;
  const ReadBody* read_ = nullptr;
};

TEST_F(EventCostTest, TheLineItemsPriceApplies) {
  EXPECT_EQ(event("impression").cost_micros, 2'500) << "a thousandth of the bid";
  EXPECT_EQ(read_->events.front().currency, "USD") << "the tenant's";
  sell("cpc", 300'000, "EUR");
  EXPECT_EQ(event("click").cost_micros, 300'000);
  EXPECT_EQ(read_->events.front().currency, "EUR") << "the campaign's";
  EXPECT_EQ(read_->events.front().campaign_id, "c9");
}

TEST_F(EventCostTest, ToWhatIsPaidFor) {
  EXPECT_TRUE(bills("impression"));
  EXPECT_FALSE(bills("viewable_impression"));
  EXPECT_FALSE(bills("click"));
  EXPECT_FALSE(bills("conversion"));
  sell("cpc", 300'000);
  EXPECT_FALSE(bills("impression"));
  EXPECT_TRUE(bills("click"));
  EXPECT_FALSE(bills("conversion"));
  sell("cpa", 5'000'000);
  EXPECT_FALSE(bills("impression"));
  EXPECT_FALSE(bills("click"));
  EXPECT_TRUE(bills("conversion"));
  EXPECT_FALSE(bills("conversion", R"(,"status":"pending")"));
  EXPECT_FALSE(bills("conversion", R"(,"status":"rejected")"));
}

TEST_F(EventCostTest, WhatWasSentWins) {
  EXPECT_EQ(event("impression", R"(,"cost":"0.5")").cost_micros, 500'000);
  EXPECT_EQ(event("impression", R"(,"cost":0)").cost_micros, 0);
  EXPECT_TRUE(read_->events.front().has_cost);
}

TEST_F(EventCostTest, AnEventHasOneCurrency) {
  EXPECT_FALSE(bills("impression", R"(,"currency":"JPY")"));
  sell("cpa", 5'000'000, "EUR");
  const Event& e = event("conversion", R"(,"value":12)");
  EXPECT_FALSE(e.has_cost) << "the value is in the tenant's currency";
  EXPECT_EQ(e.currency, "USD");
  EXPECT_TRUE(bills("conversion", R"(,"value":12,"currency":"EUR")"));
}

TEST_F(EventCostTest, NothingIsBilledOnDoubt) {
  EXPECT_FALSE(event("impression", "", R"("campaign_id":"c9")").has_cost) << "of which line item?";
  EXPECT_FALSE(event("impression", R"(,"campaign_id":"c1")").has_cost) << "a contradiction";
  EXPECT_FALSE(event("impression", "", R"("line_item_id":"nope")").has_cost);
  fixture_.facts.from_page = true;
  EXPECT_FALSE(bills("impression")) << "a page may say so as often as it likes";
  fixture_.facts.from_page = false;
  fixture_.facts.import_run = "history";
  EXPECT_FALSE(bills("impression")) << "prices of today are not those of the past";
}

TEST_F(EventCostTest, ADecisionOfOursDecidesThePrice) {
  DecisionFacts decision;
  decision.time_us = kTestNowUs - 10 * kSecondUs;
  decision.tenant = "1";
  decision.placement_id = "pl1";
  decision.campaign_id = "c9";
  decision.line_item_id = "li9";
  decision.pricing = Pricing::cpm;
  decision.price_micros = 1'111;
  decision.life_s = 60;
  const auto with_id = [&] {
    return R"(,"decision_id":")" + encode_decision_id(decision, *keys_) + "\"";
  };
  EXPECT_EQ(event("impression", with_id()).cost_micros, 1'111) << "what was bid then";
  decision.time_us = kTestNowUs - kHourUs;
  EXPECT_FALSE(bills("impression", with_id())) << "too late for its decision";
  EXPECT_EQ(event("impression", R"(,"decision_id":"their-own-7")").cost_micros, 2'500);
}

}  // namespace
}  // namespace adbacus
