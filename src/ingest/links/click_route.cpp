#include "ingest/links/click_route.hpp"

#include <utility>

#include "base/rng.hpp"
#include "ingest/links/link_macros.hpp"
#include "ingest/query_event.hpp"
#include "model/id_shape.hpp"

namespace adbacus {
namespace {

Counter& redirects(std::string_view labels) {
  return counter(
      "adbacus_click_redirects_total",
      "Requests for click links: counted in the log, unseen (HEAD, prefetch), lost (sent "
      "on, but not stored), limited (sent on, not counted: too many from one address), refused "
      "(not "
      "sent on)",
      labels);
}

http::Response redirect(std::string location) {
  http::Response response;
  response.status = 302;
  response.content_type.clear();
  response.headers.emplace_back("Location", std::move(location));
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

http::Response refusal(const http::Request& request, const ClickRefusal& why) {
  http::Response response = http::problem(request, why.status, why.code, why.detail);
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

}  // namespace

ClickRoute::ClickRoute(UrlEventDoor& door, http::RateGate& gate, Clock& clock,
                       SnapshotSource objects, const SigningKeys& keys, IngestOptionsSource options)
    : door_(door),
      gate_(gate),
      clock_(clock),
      objects_(std::move(objects)),
      keys_(keys),
      options_(std::move(options)),
      counted_(redirects(R"(result="counted")")),
      unseen_(redirects(R"(result="unseen")")),
      lost_(redirects(R"(result="lost")")),
      limited_(redirects(R"(result="limited")")),
      refused_(redirects(R"(result="refused")")) {}

void ClickRoute::add_routes(http::Router& router) {
  http::RouteSpec spec;
  spec.path = "/v1/c/{token}";
  spec.is_open = true;  // the token is the credential
  spec.summary = "Count a click and redirect to where its link leads";
  spec.params = {
      {"token", "path", "string", true, "Of a link, or a decision id."},
      {"url", "query", "string", false,
       "The landing page, in one of the link's domains (Google's {lpurl})."},
      {"user_id", "query", "string", false, "As in POST /v1/events, like other fields."}};
  spec.success_status = 302;
  spec.tags = {"ingest"};
  router.add(std::move(spec), [this](const http::Request& request, http::Responder responder) {
    answer(request, std::move(responder));
  });
}

void ClickRoute::answer(const http::Request& request, http::Responder responder) {
  http::Request asked;  // what the gate counts by
  asked.remote_ip = request.remote_ip;
  asked.request_id = request.request_id;
  auto limited = gate_.pass_unknown(asked);
  const auto options = options_();
  const auto catalog = objects_();
  const ClickRules rules{keys_, *catalog, *options, clock_.wall_us()};
  const auto found = click_target(request.path_args[0], request.param("url"), rules);
  if (const auto* why = std::get_if<ClickRefusal>(&found)) {
    refused_.add();
    return responder.send(limited ? *std::move(limited) : refusal(request, *why));
  }
  const auto& target = std::get<ClickTarget>(found);
  const std::string click_id =
      uuid_v7(rules.now_us / kMillisecondUs, secure_random_u64(), secure_random_u64());
  const std::string landing_url = expand_macros(target.landing_url, {click_id, {}});
  std::string location = target.is_fixed
                             ? target.destination
                             : expand_macros(target.destination, {click_id, landing_url});
  if (request.method == http::Method::head || is_prefetch(request)) {
    unseen_.add();
  } else if (limited) {
    limited_.add();  // whoever clicked gets there all the same
  } else {
    count(request, target, click_id, location);
  }
  auto answer = redirect(std::move(location));
  if (limited) answer.headers.emplace_back("X-Adbacus-Error", "rate_limited");
  responder.send(std::move(answer));
}

// Everybody who has the link can add parameters: what they must not say is the server's.
void ClickRoute::count(const http::Request& request, const ClickTarget& target,
                       std::string_view click_id, std::string_view location) {
  KnownFields known{{"event_type", "click"},
                    {"event_id", click_id},
                    {"click_id", click_id},
                    {"campaign_id", target.campaign_id},
                    {"line_item_id", target.line_item_id},
                    {"placement_id", target.placement_id},
                    {"creative_id", target.creative_id},
                    {"ad_id", target.ad_id},
                    {"decision_id", target.decision_id}};
  const bool fits = location.size() <= kUrlBytesMax;
  known.emplace_back("url", fits ? location : std::string_view());
  const std::string_view page = request.header("referer");
  if (page.size() <= kUrlBytesMax && valid_web_url(page)) known.emplace_back("referrer", page);
  reserve_fields(known);
  UrlEvent event = door_.event_of(request, target.tenant);
  event.json = query_event_json(request.query, known, "click");
  // A parameter that is refused must not cost the click.
  if (!request.query.empty()) event.bare_json = query_event_json({}, known, "click");
  // The log may answer when the route is gone: the redirect has long been sent.
  door_.take(std::move(event), [&counted = counted_, &lost = lost_](std::string_view code) {
    (code.empty() ? counted : lost).add();
  });
}

}  // namespace adbacus
