#include "ingest/auction_notice_route.hpp"

#include <memory>
#include <utility>

#include "http/json_writer.hpp"
#include "ingest/pixel_image.hpp"
#include "model/money.hpp"

namespace adbacus {
namespace {

constexpr std::string_view kEventPurpose = "impression";

Counter& notices(std::string_view result) {
  return counter("adbacus_openrtb_notices_total", "Notices of auctions by what became of them",
                 "kind=\"impression\",result=\"" + std::string(result) + "\"");
}

http::Response taken() {
  http::Response response;
  response.content_type = "text/plain";
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

// Exchanges call again where the answer is no success.
http::Response refusal(const http::Request& request, int status, std::string_view code) {
  http::Response response = http::problem(
      request, status, code,
      status == 400 ? "This notice was not made by this server." : "Not stored; call again.");
  response.headers.emplace_back("Cache-Control", "no-store");
  if (status == 503) response.headers.emplace_back("Retry-After", "10");
  return response;
}

}  // namespace

AuctionNoticeRoute::AuctionNoticeRoute(UrlEventDoor& door, const SigningKeys& keys)
    : door_(door),
      keys_(keys),
      counted_(notices("counted")),
      uncounted_(notices("uncounted")),
      refused_(notices("refused")) {}

void AuctionNoticeRoute::add_routes(http::Router& router) {
  const auto add = [&](const char* path, const char* summary, NoticeTeller teller) {
    http::RouteSpec spec;
    spec.path = path;
    spec.is_open = true;  // the token is the credential
    spec.summary = summary;
    spec.params = {{"token", "path", "string", true, "Of a bid's notices."},
                   {"price", "query", "string", false,
                    "${AUCTION_PRICE}: what the auction came to; never more than the bid."}};
    spec.tags = {"ingest"};
    router.add(std::move(spec),
               [this, teller](const http::Request& request, http::Responder responder) {
                 answer(request, std::move(responder), teller);
               });
  };
  add("/openrtb2/billing/{token}", "Billing notice (burl): the ad of a bid was shown",
      NoticeTeller::exchange);
  add("/openrtb2/impression/{token}", "Pixel in the ad of a bid: it was shown",
      NoticeTeller::device);
}

std::string AuctionNoticeRoute::event_json(const AuctionNotice& notice,
                                           const DecisionFacts& decision,
                                           std::string_view price) const {
  http::JsonWriter json(512);
  json.begin_object().member("event_type", "impression");
  // The same of every notice of this decision, and nobody can tell it before.
  json.member("event_id", keys_.seal(kEventPurpose, std::to_string(decision.number)));
  json.member("decision_id", notice.decision_id);
  if (decision.pricing == Pricing::cpm) {
    json.member("cost", money_text(cleared_cost(notice, price)));
    if (!decision.currency.empty()) json.member("currency", decision.currency);
  }
  return std::move(json.end_object()).take();
}

void AuctionNoticeRoute::answer(const http::Request& request, http::Responder responder,
                                NoticeTeller teller) {
  const auto respond = [&](http::Response response, std::string_view code) {
    responder.send(teller == NoticeTeller::device ? pixel_image(code) : std::move(response));
  };
  const auto opened = open_auction_notice(request.path_args[0], teller, keys_);
  if (!opened) {
    refused_.add();
    return respond(refusal(request, 400, "bad_token"), "bad_token");
  }
  const std::string* price = request.param("price");
  const std::string_view said = price == nullptr ? std::string_view() : *price;
  const bool is_unseen = request.method == http::Method::head || is_prefetch(request);
  const auto& [notice, decision] = *opened;
  if (notice.is_test() || is_audit(said) || is_unseen) {
    uncounted_.add();
    return respond(taken(), {});
  }
  UrlEvent event = door_.event_of(request, decision.tenant);
  if (event.received_us - decision.time_us > TimeUs{decision.life_s} * kSecondUs) {
    uncounted_.add();
    http::Response late = taken();
    late.headers.emplace_back("X-Adbacus-Error", "too_late");
    return respond(std::move(late), "too_late");
  }
  event.is_own = true;
  event.json = event_json(notice, decision, said);
  if (teller == NoticeTeller::exchange) {  // whose machine is not the one that shows the ad
    event.device_ip.clear();
    event.device_agent = {};
    event.language = {};
  }
  auto waiting = std::make_shared<std::pair<http::Request, http::Responder>>(http::Request{},
                                                                             std::move(responder));
  waiting->first.request_id = request.request_id;
  waiting->first.path = request.path;
  door_.take(std::move(event),
             [waiting, teller, &counted = counted_, &refused = refused_](std::string_view code) {
               (code.empty() ? counted : refused).add();
               if (teller == NoticeTeller::device) return waiting->second.send(pixel_image(code));
               waiting->second.send(code.empty() ? taken() : refusal(waiting->first, 503, code));
             });
}

}  // namespace adbacus
