// What the URLs of a bid's notices carry: an opaque signed text that names the decision and bounds
// what may be said about it. Made by decision/, read there and by ingest/. Who has a decision id
// (everybody who sees the page) cannot make one. Bytes in docs/formats/decision_id.md. Pure
// functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/signing_keys.hpp"
#include "model/decision_id.hpp"

namespace adbacus {

// Whom the URL is for. What stands in the ad is read by everybody who sees it, and must not do what
// an exchange may: it counts the impression and nothing else.
enum class NoticeTeller : std::uint8_t { exchange, device };

struct AuctionNotice {
  std::string decision_id = {};  // empty: a test, of which nothing is counted
  std::int64_t bid = 0;          // micros per 1,000 impressions
  std::int64_t floor = 0;        // the same: what the auction asked for at least
  // Of the decision's reservations: with which rates they were made, on how many budgets.
  double ctr = 0;
  double cvr = 0;
  std::uint32_t budgets = 0;
  std::uint64_t user_high = 0;  // the other half of the decision's user hash
  bool operator==(const AuctionNotice&) const = default;
  bool is_test() const { return decision_id.empty(); }
};

std::string encode_auction_notice(const AuctionNotice& notice, NoticeTeller teller,
                                  const SigningKeys& keys);
// nullopt: not made with one of the keys for this teller.
std::optional<AuctionNotice> decode_auction_notice(std::string_view text, NoticeTeller teller,
                                                   const SigningKeys& keys);

struct OpenedNotice {
  AuctionNotice notice;
  DecisionFacts decision;  // of a test: nothing
};
// nullopt: it or its decision id was not made with one of the keys, or it is for the other teller.
std::optional<OpenedNotice> open_auction_notice(std::string_view text, NoticeTeller teller,
                                                const SigningKeys& keys);

// Micros of one impression: the thousandth part of the price per 1,000 that an exchange says, if it
// is one that the auction can have come to (from the floor to the bid), else of the bid. Encrypted
// prices and macros that nobody filled are none.
std::int64_t cleared_cost(const AuctionNotice& notice, std::string_view price);

// What exchanges write instead of a value when nobody sees the ad.
bool is_audit(std::string_view macro_value);

}  // namespace adbacus
