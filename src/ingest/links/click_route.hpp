// GET /v1/c/<token>: counts a click and sends the browser on (docs/api/pixel_and_click.md). The
// redirect waits for nothing: the click is handed to the log on the way. Made once by the service;
// handlers run on any I/O thread.
#pragma once

#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "base/signing_keys.hpp"
#include "catalog/snapshot.hpp"
#include "http/router.hpp"
#include "ingest/links/click_target.hpp"
#include "ingest/url_event_door.hpp"

namespace adbacus {

class ClickRoute {
 public:
  // All must outlive the route and every request. `gate` bounds what one address may cause.
  ClickRoute(UrlEventDoor& door, http::RateGate& gate, Clock& clock, SnapshotSource objects,
             const SigningKeys& keys, IngestOptionsSource options);
  void add_routes(http::Router& router);

 private:
  void answer(const http::Request& request, http::Responder responder);
  void count(const http::Request& request, const ClickTarget& target, std::string_view click_id,
             std::string_view location);

  UrlEventDoor& door_;
  http::RateGate& gate_;
  Clock& clock_;
  const SnapshotSource objects_;
  const SigningKeys& keys_;
  const IngestOptionsSource options_;
  Counter& counted_;
  Counter& unseen_;
  Counter& lost_;
  Counter& limited_;
  Counter& refused_;
};

}  // namespace adbacus
