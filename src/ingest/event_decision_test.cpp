#include "ingest/event_decision.hpp"

#include <gtest/gtest.h>

#include "ingest/testing/catalog_objects.hpp"
#include "ingest/testing/intake_fixture.hpp"

namespace adbacus {
namespace {

class EventDecisionTest : public ::testing::Test {
 protected:
  EventDecisionTest() {
    fixture_.options.signing_keys = keys_;
    decision_.number = 7;
    decision_.time_us = kTestNowUs - 10 * kSecondUs;
    decision_.tenant = "1";
    decision_.placement_id = "pl1";
    decision_.campaign_id = "c1";
    decision_.line_item_id = "li1";
    decision_.creative_id = "cr1";
    decision_.ad_id = "ad1";
    decision_.pricing = Pricing::cpm;
    decision_.price_micros = 2'500;
    decision_.life_s = 60;
  }

  std::string id() const { return encode_decision_id(decision_, *keys_); }
  const Event& event(const std::string& type, const std::string& more = {}) {
    const bool says_time = more.find("\"ts\"") != std::string::npos;
    read_ = &fixture_.read(R"({"event_id":"e","event_type":")" + type + R"(","decision_id":")" +
                           id() + "\"" + (says_time ? "" : R"(,"ts":1795262400000)") + more + "}");
    EXPECT_EQ(read_->code(), "") << type << more;
    static const Event kNone;
    return read_->events.empty() ? kNone : read_->events.front();
  }
  bool counts_once() const {
    return read_->result.batch.entries.front().transaction_key != Hash128{};
  }

  const std::shared_ptr<const SigningKeys> keys_ =
      std::make_shared<const SigningKeys>(std::vector<SigningKey>{{1, std::string(32, 'k')}});
  DecisionFacts decision_;
  IntakeFixture fixture_;
  const ReadBody* read_ = nullptr;
};

TEST_F(EventDecisionTest, SaysWhatTheEventHappenedOnAndWhatItCosts) {
  const Event& e = event("impression");
  EXPECT_EQ(e.campaign_id, "c1");
  EXPECT_EQ(e.line_item_id, "li1");
  EXPECT_EQ(e.creative_id, "cr1");
  EXPECT_EQ(e.placement_id, "pl1");
  EXPECT_EQ(e.ad_id, "ad1");
  EXPECT_EQ(e.decision_id, id());
  EXPECT_TRUE(e.has_cost);
  EXPECT_EQ(e.cost_micros, 2'500);
  EXPECT_EQ(e.currency, "USD") << "the tenant's";
  EXPECT_EQ(e.flags, event_flag::signed_decision);
  EXPECT_TRUE(counts_once());
  decision_.currency = "EUR";
  EXPECT_EQ(event("impression").currency, "EUR");
}

TEST_F(EventDecisionTest, BillsWhatTheLineItemPaysFor) {
  const auto billed = [&](Pricing pricing, const std::string& type, const std::string& more = {}) {
    decision_.pricing = pricing;
    return event(type, more).has_cost;
  };
  EXPECT_TRUE(billed(Pricing::cpm, "impression"));
  EXPECT_FALSE(billed(Pricing::cpm, "viewable_impression"));
  EXPECT_FALSE(billed(Pricing::cpm, "click"));
  EXPECT_TRUE(billed(Pricing::cpc, "click"));
  EXPECT_FALSE(billed(Pricing::cpc, "impression"));
  EXPECT_TRUE(billed(Pricing::cpa, "conversion"));
  EXPECT_TRUE(billed(Pricing::cpa, "conversion", R"(,"status":"approved")"));
  EXPECT_FALSE(billed(Pricing::cpa, "conversion", R"(,"status":"pending")"));
  EXPECT_FALSE(billed(Pricing::cpa, "click"));
  decision_.pricing = Pricing::cpm;
  EXPECT_EQ(event("impression", R"(,"cost_cents":7)").cost_micros, 70'000) << "what was sent wins";
  EXPECT_EQ(event("impression", R"(,"cost_cents":0)").cost_micros, 0);
  decision_.pricing = Pricing::cpa;
  EXPECT_FALSE(billed(Pricing::cpa, "conversion", R"(,"value":5,"currency":"EUR")"))
      << "an event has one currency";
  decision_.currency = "EUR";
  EXPECT_TRUE(billed(Pricing::cpa, "conversion", R"(,"value":5,"currency":"EUR")"));
  EXPECT_FALSE(billed(Pricing::cpa, "conversion", R"(,"value":5)")) << "five of the tenant's";
}

TEST_F(EventDecisionTest, CountsOnceForImpressionsAndClicks) {
  for (const char* type : {"impression", "viewable_impression", "click"}) {
    event(type);
    EXPECT_TRUE(counts_once()) << type;
  }
  for (const char* type : {"conversion", "view", "interaction", "page_view"}) {
    EXPECT_EQ(event(type).flags, event_flag::signed_decision) << type;
    EXPECT_FALSE(counts_once()) << type;
  }
}

TEST_F(EventDecisionTest, SaysNothingIfItIsAnothersOrForged) {
  const auto nothing = [&] {
    const Event& e = event("impression");
    EXPECT_EQ(e.decision_id, id());
    EXPECT_EQ(e.campaign_id, "");
    EXPECT_FALSE(e.has_cost);
    EXPECT_EQ(e.flags, event_flag::foreign_decision);
    EXPECT_FALSE(counts_once());
  };
  decision_.tenant = "2";
  nothing();
  decision_.tenant = "1";
  fixture_.options.signing_keys =
      std::make_shared<const SigningKeys>(std::vector<SigningKey>{{1, std::string(32, 'x')}});
  nothing();
  fixture_.options.signing_keys = nullptr;
  nothing();
  const ReadBody& own =
      fixture_.read(R"({"event_type":"click","event_id":"e","ts":1795262400000,"decision_id":42})");
  ASSERT_EQ(own.events.size(), 1U);
  EXPECT_EQ(own.events[0].decision_id, "42");
  EXPECT_EQ(own.events[0].flags, event_flag::foreign_decision);
}

TEST_F(EventDecisionTest, EndsWithItsLife) {
  const auto valid = [&](const std::string& type) {
    return event(type).flags == event_flag::signed_decision;
  };
  decision_.time_us = kTestNowUs - 60 * kSecondUs;
  EXPECT_TRUE(valid("impression"));
  decision_.time_us -= 1;
  EXPECT_FALSE(valid("impression"));
  EXPECT_TRUE(valid("viewable_impression")) << "seen when the page is scrolled";
  EXPECT_TRUE(valid("click"));
  decision_.time_us = kTestNowUs - kDecisionClickLifeUs - 1;
  EXPECT_FALSE(valid("click"));
  EXPECT_TRUE(valid("conversion"));
  // In the sender's words it was in time, but its use would no longer be remembered.
  decision_.time_us = kTestNowUs - fixture_.options.decision_window_us;
  const std::string early = R"(,"ts":)" + std::to_string(decision_.time_us / 1000 + 1);
  EXPECT_EQ(fixture_.options.decision_window_us, 96 * kHourUs);
  fixture_.options.age_max_us = 200 * kHourUs;
  EXPECT_EQ(event("click", early).flags, event_flag::signed_decision);
  decision_.time_us -= 1;
  EXPECT_EQ(event("click", early).flags, event_flag::foreign_decision);
}

TEST_F(EventDecisionTest, KeepsWhatWasSentAndBillsNoContradiction) {
  const Event& e = event("impression", R"(,"campaign_id":"c2")");
  EXPECT_EQ(e.campaign_id, "c2");
  EXPECT_EQ(e.line_item_id, "li1");
  EXPECT_FALSE(e.has_cost);
  EXPECT_EQ(e.flags, event_flag::signed_decision | event_flag::conflicting_ref);
  EXPECT_EQ(read_->warnings(), "conflicting_ref");
}

TEST_F(EventDecisionTest, GoesTogetherWithTheCatalog) {
  const CatalogObjects objects = two_campaigns();
  fixture_.facts.objects = objects.tenant();
  EXPECT_EQ(event("impression").publisher_id, "pub");
  EXPECT_EQ(read_->warnings(), "");
}

TEST_F(EventDecisionTest, FillsAnImportAndBillsNothingThere) {
  fixture_.facts.import_run = "old";
  const Event& e = event("impression");
  EXPECT_EQ(e.campaign_id, "c1");
  EXPECT_FALSE(e.has_cost);
  EXPECT_EQ(e.flags, 0);
  EXPECT_FALSE(counts_once());
}

TEST_F(EventDecisionTest, TakesTheLongestIdThereCanBe) {
  for (std::string* text : {&decision_.placement_id, &decision_.campaign_id,
                            &decision_.line_item_id, &decision_.creative_id, &decision_.ad_id})
    *text = std::string(128, 'x');
  EXPECT_EQ(event("impression").campaign_id, std::string(128, 'x'));
}

}  // namespace
}  // namespace adbacus
