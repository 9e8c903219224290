// Win and loss notices against budgets and caps.
#include <gtest/gtest.h>
#include <optional>
#include <thread>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"
#include "decision/openrtb/auction_routes.hpp"
#include "decision/openrtb/outcome_routes.hpp"
#include "decision/testing/serving_bench.hpp"
#include "http/testing/capture.hpp"

namespace adbacus {
namespace {

constexpr std::int64_t kPrice = 1'000;  // micros of an impression

// A campaign with a budget of `impressions`, bid for in auctions.
class OutcomeTest : public ::testing::Test {
 protected:
  void open(std::int64_t impressions) {
    bench_.catalog.add_placement("p");
    bench_.catalog.add_campaign("c").budget = impressions * kPrice;
    bench_.catalog.add_item("1", "c", "p").pacing_mode = PacingMode::accelerated;
    bench_.catalog.add_creative("r", "1").image_url = "https://cdn.example/a.png";
    bench_.open();
    ads_.emplace([this] { return bench_.keeper().state(); }, bench_.caps(), keys_, nullptr,
                 bench_.clock, AdServerOptions{.public_url = "http://a.example"});
    auctions_.emplace(*ads_);
    outcomes_.emplace(*ads_, *counters_.claims, OutcomeOptions{.reserve_s = 60, .started_us = 1});
    auctions_->add_routes(router_);
    outcomes_->add_routes(router_);
    account_ = bench_.state().plan->budgets.at(0).account;
  }

  http::Response call(http::Method method, const std::string& path, const std::string& body) {
    http::Request request;
    request.method = method;
    request.path = path;
    request.body = body;
    request.target = request.path;
    std::size_t route = 0;
    http::Response response;
    Everybody everybody;
    if (auto refusal = router_.admit(request, &everybody, route)) return *refusal;
    router_.run(route, request, http::Responder(std::make_shared<http::Capture>(response)));
    return response;
  }
  // The notice's path without its kind; nullopt: no bid.
  std::optional<std::string> bid(const std::string& user = "u") {
    const http::Response answer =
        call(http::Method::post, "/openrtb2/auction",
             R"({"id":"r","imp":[{"id":"1","tagid":"key-p","banner":{}}],"user":{"buyeruid":")" +
                 user + R"("}})");
    if (answer.status == 204) return std::nullopt;
    EXPECT_EQ(answer.status, 200) << answer.body;
    const std::size_t begin = answer.body.find("/openrtb2/loss/") + 15;
    return answer.body.substr(begin, answer.body.find('?', begin) - begin);
  }
  void tell(const char* kind, const std::string& token) {
    EXPECT_EQ(call(http::Method::get, std::string("/openrtb2/") + kind + "/" + token, "").status,
              200);
  }
  std::int64_t reserved() const { return account_->reserved() / kPrice; }

  class Everybody final : public http::Authenticator {
   public:
    Result<http::Principal> authenticate(std::string_view, std::string_view) override {
      http::Principal principal;
      principal.tenant = "1";
      principal.scopes = http::scope_decide;
      return principal;
    }
  };

  ServingBench bench_;
  CounterStores counters_ = *open_counters({});
  const SigningKeys keys_{{{1, std::string(32, 'k')}}};
  http::Router router_;
  std::optional<AdServer> ads_;
  std::optional<AuctionRoutes> auctions_;
  std::optional<OutcomeRoutes> outcomes_;
  std::shared_ptr<BudgetAccount> account_;
};

// What is reserved is what was bid and not lost, whatever is told, however often, in any order.
TEST_F(OutcomeTest, ReservedIsWhatWasBidAndNotLost) {
  open(1'000'000);
  Rng rng(test_seed());
  struct Told {
    std::string token;
    TimeUs bid_us = 0;
    bool is_told = false;
  };
  std::vector<Told> bids;
  std::int64_t expected = 0;
  for (int i = 0; i < 3'000; ++i) {
    if (bids.empty() || rng.below(3) == 0) {
      const auto token = bid("u" + std::to_string(i));
      ASSERT_TRUE(token);
      bids.push_back({.token = *token, .bid_us = bench_.clock.wall_us()});
      ++expected;
    } else {
      Told& told = bids[bids.size() - 1 - rng.below(std::min<std::size_t>(bids.size(), 60))];
      const bool is_loss = rng.below(2) == 0;
      tell(is_loss ? "loss" : "win", told.token);
      const TimeUs age_us = bench_.clock.wall_us() - told.bid_us;
      if (is_loss && !told.is_told && age_us < 58 * kSecondUs) --expected;
      told.is_told = true;
    }
    ASSERT_EQ(reserved(), expected) << i;
    bench_.clock.advance(static_cast<TimeUs>(rng.below(1'500)) * kMillisecondUs);
  }
}

TEST_F(OutcomeTest, ManyThreadsGiveBackOneBidOnce) {
  open(100);
  std::vector<std::string> tokens;
  for (int i = 0; i < 100; ++i) tokens.push_back(bid("u" + std::to_string(i)).value_or(""));
  EXPECT_FALSE(bid("another")) << "nothing is left";
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) tell("loss", tokens[static_cast<std::size_t>(i)]);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(reserved(), 50);
}

TEST_F(OutcomeTest, ALostBidIsNoUseOfACap) {
  open(100);
  for (int i = 0; i < 20; ++i) {  // the usual cap is 5 a day
    const auto token = bid();
    ASSERT_TRUE(token) << i;
    tell("loss", *token);
    tell("loss", *token);
  }
  for (int i = 0; i < 5; ++i) {
    const auto token = bid();
    ASSERT_TRUE(token) << i;
    tell("win", *token);
    tell("loss", *token);
  }
  EXPECT_FALSE(bid());
}

// A bid of the process before this one: the log says what it reserved.
TEST_F(OutcomeTest, WhatAnotherProcessBidIsNotGivenBack) {
  open(100);
  const auto token = bid();
  ASSERT_TRUE(token);
  outcomes_.emplace(*ads_, *counters_.claims,
                    OutcomeOptions{.reserve_s = 60, .started_us = bench_.clock.wall_us() + 1});
  tell("loss", *token);
  EXPECT_EQ(reserved(), 1);
}

// Then nobody knows any more what was reserved.
TEST_F(OutcomeTest, ABidAtAnotherPriceKeepsItsReservation) {
  open(100);
  const auto token = bid();
  ASSERT_TRUE(token);
  bench_.catalog.items.at("1").bid = 9'000'000;
  bench_.publish();
  tell("loss", *token);
  EXPECT_EQ(reserved(), 1);
  EXPECT_TRUE(bid());
}

}  // namespace
}  // namespace adbacus
