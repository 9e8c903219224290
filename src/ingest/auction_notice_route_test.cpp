#include "ingest/auction_notice_route.hpp"

#include <gtest/gtest.h>

#include "ingest/testing/url_fixture.hpp"

namespace adbacus {
namespace {

class AuctionNoticeRouteTest : public ::testing::Test, protected UrlFixture {
 protected:
  AuctionNoticeRouteTest() : UrlFixture("openrtb"), route_(door_, *signing_) {
    options_->signing_keys = signing_;
    route_.add_routes(router_);
    decision_ = {.number = 9,
                 .time_us = kTestNowUs - kSecondUs,
                 .tenant = "1",
                 .campaign_id = "c1",
                 .pricing = Pricing::cpm,
                 .price_micros = 2'500,
                 .life_s = 180};
  }

  std::string token(NoticeTeller teller = NoticeTeller::exchange) const {
    return encode_auction_notice({.decision_id = encode_decision_id(decision_, *signing_),
                                  .bid = decision_.price_micros * 1'000,
                                  .floor = 500'000},
                                 teller, *signing_);
  }
  std::shared_ptr<Kept> billing(const std::string& query = "?price=1.25") {
    return get("/openrtb2/billing/" + token() + query, {{"User-Agent", "exchange"}});
  }
  std::shared_ptr<Kept> pixel(const std::string& query = "?price=1.25") {
    return get("/openrtb2/impression/" + token(NoticeTeller::device) + query,
               {{"User-Agent", "browser"}});
  }

  const std::shared_ptr<const SigningKeys> signing_ =
      std::make_shared<const SigningKeys>(std::vector<SigningKey>{{1, std::string(32, 'k')}});
  AuctionNoticeRoute route_;
  DecisionFacts decision_;
};

TEST_F(AuctionNoticeRouteTest, ABillingNoticeIsAnImpressionAtTheClearingPrice) {
  const auto kept = billing();
  EXPECT_EQ(kept->answer.status, 200);
  EXPECT_EQ(kept->header("Cache-Control"), "no-store");
  ASSERT_EQ(stored(), 1U);
  const Event e = last();
  EXPECT_EQ(e.type, EventType::impression);
  EXPECT_EQ(e.tenant, "1");
  EXPECT_EQ(e.campaign_id, "c1");
  EXPECT_EQ(e.cost_micros, 1'250);
  EXPECT_EQ(e.currency, "EUR") << "the tenant's";
  EXPECT_EQ(e.time_us, kTestNowUs);
  EXPECT_NE(e.flags & event_flag::signed_decision, 0);
  EXPECT_EQ(e.user_agent, "") << "the exchange's machine shows no ads";
  EXPECT_EQ(e.ip_prefix, "");
}

TEST_F(AuctionNoticeRouteTest, ThePixelKnowsTheDeviceAndIsTheSameEvent) {
  billing();
  const std::string id(last().event_id);
  const auto kept = pixel("?price=2");
  EXPECT_EQ(kept->answer.content_type, "image/gif");
  EXPECT_EQ(kept->header("X-Adbacus-Error"), "");
  ASSERT_EQ(stored(), 2U);
  EXPECT_EQ(last().event_id, id) << "so that the log counts one of them";
  EXPECT_EQ(last().user_agent, "browser");
  EXPECT_EQ(last().ip_prefix, "203.0.113.0/24");
  EXPECT_EQ(last().cost_micros, 2'000);
  decision_.number = 10;
  pixel();
  EXPECT_NE(last().event_id, id);
}

TEST_F(AuctionNoticeRouteTest, NothingOfTheQueryIsBelievedButThePrice) {
  billing("?price=99&cost=50&campaign_id=c2&event_type=conversion&value=9&ts=1&currency=JPY");
  ASSERT_EQ(stored(), 1U);
  const Event e = last();
  EXPECT_EQ(e.type, EventType::impression);
  EXPECT_EQ(e.campaign_id, "c1");
  EXPECT_EQ(e.cost_micros, 2'500);
  EXPECT_EQ(e.currency, "EUR");
  EXPECT_EQ(e.time_us, kTestNowUs);
}

TEST_F(AuctionNoticeRouteTest, WhoPaysByClickPaysNothingForIt) {
  decision_.pricing = Pricing::cpc;
  billing();
  ASSERT_EQ(stored(), 1U);
  EXPECT_FALSE(last().has_cost);
}

TEST_F(AuctionNoticeRouteTest, CountsNothingThatWasNotSeenOrComesTooLate) {
  EXPECT_EQ(billing("?price=AUDIT")->answer.status, 200);
  EXPECT_EQ(pixel("?price=AUDIT")->answer.status, 200);
  request(http::Method::head, "/openrtb2/billing/" + token());
  get("/openrtb2/impression/" + token(NoticeTeller::device), {{"Sec-Purpose", "prefetch"}});
  const std::string test = encode_auction_notice({.bid = 1}, NoticeTeller::exchange, *signing_);
  EXPECT_EQ(get("/openrtb2/billing/" + test)->answer.status, 200);
  clock_.now_us = decision_.time_us + 180 * kSecondUs + 1;
  EXPECT_EQ(billing()->header("X-Adbacus-Error"), "too_late");
  EXPECT_EQ(pixel()->header("X-Adbacus-Error"), "too_late");
  EXPECT_EQ(stored(), 0U);
  clock_.now_us -= 1;
  EXPECT_EQ(billing()->header("X-Adbacus-Error"), "");
  EXPECT_EQ(stored(), 1U);
}

TEST_F(AuctionNoticeRouteTest, WhatIsNotStoredIsToBeToldAgain) {
  log_.fail_with(Error{ErrorCode::storage_full, "full"});
  const auto kept = billing();
  EXPECT_EQ(kept->answer.status, 503);
  EXPECT_NE(kept->header("Retry-After"), "");
  EXPECT_EQ(pixel()->header("X-Adbacus-Error"), "storage_full");
  log_.fail_with(std::nullopt);
  EXPECT_EQ(billing()->answer.status, 200);
  EXPECT_EQ(stored(), 1U);
}

TEST_F(AuctionNoticeRouteTest, RefusesWhatItDidNotSign) {
  for (const std::string& wrong :
       {std::string("x"), encode_decision_id(decision_, *signing_),
        encode_auction_notice({.decision_id = "forged", .bid = 1}, NoticeTeller::exchange,
                              *signing_),
        encode_auction_notice({.decision_id = "forged", .bid = 1}, NoticeTeller::device, *signing_),
        token().substr(1)}) {
    EXPECT_EQ(get("/openrtb2/billing/" + wrong)->answer.status, 400);
    const auto kept = get("/openrtb2/impression/" + wrong);
    EXPECT_EQ(kept->answer.content_type, "image/gif");
    EXPECT_EQ(kept->header("X-Adbacus-Error"), "bad_token");
  }
  EXPECT_EQ(get("/openrtb2/billing/" + token(NoticeTeller::device))->answer.status, 400);
  EXPECT_EQ(get("/openrtb2/impression/" + token())->header("X-Adbacus-Error"), "bad_token");
  EXPECT_EQ(stored(), 0U);
}

}  // namespace
}  // namespace adbacus
