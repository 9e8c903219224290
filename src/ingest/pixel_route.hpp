// GET /v1/p.gif: an event as an image (docs/api/pixel_and_click.md). The answer is the same image
// whatever happens; a refusal has its code in X-Adbacus-Error. Made once by the service; handlers
// run on any I/O thread.
#pragma once

#include <variant>

#include "http/rate_gate.hpp"
#include "http/router.hpp"
#include "ingest/url_event_door.hpp"

namespace adbacus {

class PixelRoute {
 public:
  // All must outlive the route and every request.
  PixelRoute(UrlEventDoor& door, http::Authenticator& authenticator, http::RateGate& gate)
      : door_(door), authenticator_(authenticator), gate_(gate) {}
  void add_routes(http::Router& router);

 private:
  struct Refusal {
    std::string_view code;
  };
  std::variant<http::Principal, Refusal> caller(const http::Request& request) const;
  void answer(const http::Request& request, http::Responder responder);

  UrlEventDoor& door_;
  http::Authenticator& authenticator_;
  http::RateGate& gate_;
};

}  // namespace adbacus
