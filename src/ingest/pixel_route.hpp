// GET /v1/p.gif: an event as an image (docs/api/pixel_and_click.md). The answer is the same image
// whatever happens; a refusal has its code in X-Adbacus-Error. A caller has a key, or the id of a
// decision whose impression he reports. Made once by the service; handlers
// run on any I/O thread.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "base/signing_keys.hpp"
#include "http/rate_gate.hpp"
#include "http/router.hpp"
#include "ingest/url_event_door.hpp"

namespace adbacus {

class PixelRoute {
 public:
  // All must outlive the route and every request.
  PixelRoute(UrlEventDoor& door, http::Authenticator& authenticator, http::RateGate& gate,
             const SigningKeys& keys)
      : door_(door), authenticator_(authenticator), gate_(gate), keys_(keys) {}
  void add_routes(http::Router& router);

 private:
  struct Refusal {
    std::string_view code;
  };
  struct Caller {
    std::string tenant;
    std::string_view decision_id = {};  // instead of a key
  };
  std::variant<Caller, Refusal> caller(const http::Request& request) const;
  void answer(const http::Request& request, http::Responder responder);

  UrlEventDoor& door_;
  http::Authenticator& authenticator_;
  http::RateGate& gate_;
  const SigningKeys& keys_;
};

}  // namespace adbacus
