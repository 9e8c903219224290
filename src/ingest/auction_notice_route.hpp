// GET /openrtb2/billing/{token} and GET /openrtb2/impression/{token}: the impression of an ad that
// was bid for in an auction, told by the exchange's server or by a pixel in the ad
// (docs/api/openrtb.md). Both are the same event, however often they come. Made once by the
// service; handlers run on any I/O thread.
#pragma once

#include "base/metrics.hpp"
#include "base/signing_keys.hpp"
#include "http/router.hpp"
#include "ingest/url_event_door.hpp"
#include "model/auction_notice.hpp"

namespace adbacus {

class AuctionNoticeRoute {
 public:
  // Both must outlive the route and every request.
  AuctionNoticeRoute(UrlEventDoor& door, const SigningKeys& keys);
  void add_routes(http::Router& router);

 private:
  // An exchange gets the outcome as a status, the device that shows the ad an image.
  void answer(const http::Request& request, http::Responder responder, NoticeTeller teller);
  // Empty: there is nothing to count.
  std::string event_json(const AuctionNotice& notice, const DecisionFacts& decision,
                         std::string_view price) const;

  UrlEventDoor& door_;
  const SigningKeys& keys_;
  Counter& counted_;
  Counter& uncounted_;
  Counter& refused_;
};

}  // namespace adbacus
