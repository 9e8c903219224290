#include "model/auction_notice.hpp"

#include <gtest/gtest.h>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"

namespace adbacus {
namespace {

const SigningKeys& keys() {
  static const SigningKeys all({{1, std::string(32, 'a')}, {2, std::string(32, 'b')}});
  return all;
}

constexpr NoticeTeller kExchange = NoticeTeller::exchange;

TEST(AuctionNotice, IsReadAsItWasMade) {
  Rng rng(test_seed());
  for (int i = 0; i < 200; ++i) {
    AuctionNotice notice;
    notice.decision_id = std::string(rng.below(120), 'd');
    notice.bid = static_cast<std::int64_t>(rng.next() >> (1 + rng.below(62)));
    notice.floor = static_cast<std::int64_t>(rng.next() >> (1 + rng.below(62)));
    notice.ctr = rng.unit();
    notice.cvr = rng.unit();
    notice.budgets = static_cast<std::uint32_t>(rng.below(10));
    notice.user_high = rng.next();
    const std::string text = encode_auction_notice(notice, kExchange, keys());
    const auto read = decode_auction_notice(text, kExchange, keys());
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, notice);
    std::string changed = text;
    changed[rng.below(changed.size())] ^= 1;
    const auto other = decode_auction_notice(changed, kExchange, keys());
    EXPECT_TRUE(!other || *other == notice) << "spare bits of base64 at most";
    EXPECT_FALSE(decode_auction_notice(text.substr(0, rng.below(text.size())), kExchange, keys()));
  }
}

// Else everybody who sees an ad could say that its auction was lost.
TEST(AuctionNotice, OfTheDeviceIsNoneOfTheExchange) {
  const AuctionNotice notice{.decision_id = "d", .bid = 5};
  const std::string pixel = encode_auction_notice(notice, NoticeTeller::device, keys());
  EXPECT_FALSE(decode_auction_notice(pixel, kExchange, keys()));
  EXPECT_EQ(decode_auction_notice(pixel, NoticeTeller::device, keys()), notice);
  const std::string token = encode_auction_notice(notice, kExchange, keys());
  EXPECT_FALSE(decode_auction_notice(token, NoticeTeller::device, keys()));
}

// Else everybody who sees a page could say what its impression cost.
TEST(AuctionNotice, CannotBeMadeOfADecisionId) {
  const std::string id = encode_decision_id({.number = 7, .tenant = "1"}, keys());
  EXPECT_FALSE(decode_auction_notice(id, kExchange, keys()));
  EXPECT_FALSE(
      decode_decision_id(encode_auction_notice({.decision_id = id}, kExchange, keys()), keys()));
}

TEST(AuctionNotice, ACostIsNeverAboveTheBidNorBelowTheFloor) {
  const AuctionNotice notice{.decision_id = "d", .bid = 2'500'000, .floor = 1'000'000};
  EXPECT_EQ(cleared_cost(notice, "1.25"), 1'250);
  EXPECT_EQ(cleared_cost(notice, "2.5"), 2'500);
  EXPECT_EQ(cleared_cost(notice, "1"), 1'000);
  for (const char* wrong :
       {"2.500001", "99999", "0.999999", "0", "-1", "", "AUDIT", "${AUCTION_PRICE}", "1,25",
        "1e400", "NaN", "0x1p1", "1.25 ", "AbCdEfGhIjKlMnOp"}) {
    EXPECT_EQ(cleared_cost(notice, wrong), 2'500) << wrong;
  }
  EXPECT_EQ(cleared_cost({.bid = 2'500'000}, "0"), 2'500);
  EXPECT_EQ(cleared_cost({.bid = 2'500'000}, "0.5"), 500);
}

TEST(AuctionNotice, EveryPriceStaysWithinItsBounds) {
  Rng rng(test_seed());
  for (int i = 0; i < 2'000; ++i) {
    AuctionNotice notice;
    notice.bid = static_cast<std::int64_t>(1 + rng.below(10'000)) * 1'000;
    notice.floor = static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(notice.bid) + 1));
    constexpr std::string_view kBytes = "0123456789.-+eE";
    std::string price;
    for (auto size = rng.below(8); size > 0; --size) price += kBytes[rng.below(kBytes.size())];
    const std::int64_t cost = cleared_cost(notice, price);
    EXPECT_LE(cost, notice.bid / 1'000) << price;
    EXPECT_GE(cost, notice.floor / 1'000) << price;
  }
}

}  // namespace
}  // namespace adbacus
