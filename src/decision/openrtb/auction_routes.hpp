// POST /openrtb2/auction: bids for an exchange's impressions with the line items that pages are
// decided on (docs/api/openrtb.md). Answered on the I/O thread that asked; waits for nothing.
#pragma once

#include <string>
#include <vector>

#include "base/metrics.hpp"
#include "decision/ad_server.hpp"
#include "decision/openrtb/bid_answer.hpp"
#include "http/router.hpp"

namespace adbacus {

class AuctionRoutes {
 public:
  // Borrowed; must outlive the routes.
  explicit AuctionRoutes(AdServer& ads);
  void add_routes(http::Router& router);

 private:
  // What a request with its slots came to.
  struct Auction {
    BidRequest asked = {};
    TenantView view = {};
    std::vector<const Imp*> imps = {};  // of each slot
    NoBid reason = {};                  // why the first impression got none
  };

  http::Response answer(const http::Request& request);
  http::Response no_bid(const http::Request& request, const Auction& auction);
  // Slots for the impressions that can be bid on at all.
  static void add_slots(Auction& auction);
  std::vector<Bid> bids_of(const http::Request& request, Auction& auction,
                           const std::vector<SlotAnswer>& answers);
  Bid bid_of(const Auction& auction, const Imp& imp, const SignedDecision& decision,
             const std::string& base) const;
  void take_back(const Auction& auction, const std::vector<SlotAnswer>& answers) const;

  AdServer& ads_;
  Counter& bid_;
  Counter& passed_;
  Counter& refused_;
  Histogram& duration_;
};

}  // namespace adbacus
