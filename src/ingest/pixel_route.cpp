#include "ingest/pixel_route.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "catalog/web_origin.hpp"
#include "http/text.hpp"
#include "ingest/pixel_image.hpp"
#include "ingest/query_event.hpp"
#include "model/decision_id.hpp"
#include "model/id_shape.hpp"

namespace adbacus {
namespace {

constexpr std::string_view kBearer = "bearer ";

struct Credential {
  std::string_view text;
  bool in_query = false;
  bool is_ambiguous = false;
};

Credential credential_of(const http::Request& request) {
  Credential credential;
  for (const http::QueryParam& param : request.query) {
    if (param.name != "key") continue;
    credential.is_ambiguous = credential.in_query;
    credential.in_query = true;
    credential.text = param.value;
  }
  if (credential.in_query) return credential;
  const std::string_view bearer = request.header("authorization");
  if (bearer.size() > kBearer.size() &&
      http::equals_ignoring_case(bearer.substr(0, kBearer.size()), kBearer)) {
    credential.text = http::trim_blanks(bearer.substr(kBearer.size()));
  } else {
    credential.text = request.header("x-api-key");
  }
  return credential;
}

// "https://shop.example" of "https://shop.example/cart?x=1".
std::string_view origin_of(std::string_view url) {
  const std::size_t host = url.find("://");
  return host == std::string_view::npos ? url : url.substr(0, url.find_first_of("/?#", host + 3));
}

// Images come without an Origin and often with a Referer; mail readers and pages that say no
// referrer send neither, and are believed: the key stands in the page's source anyway.
bool may_come_from(const http::Request& request, const http::Principal& principal) {
  const std::string_view origin = request.header("origin");
  const std::string_view said = origin.empty() ? origin_of(request.header("referer")) : origin;
  if (said.empty()) return true;
  const auto canonical = canonical_origin(said);
  return canonical && principal.origins != nullptr &&
         std::find(principal.origins->begin(), principal.origins->end(), *canonical) !=
             principal.origins->end();
}

// Who only has a decision's id says that its ad was shown, and nothing that is worth money.
bool may_report(const http::Request& request) {
  EventType type = EventType::impression;
  for (const http::QueryParam& param : request.query) {
    if ((param.name == "e" || param.name == "event_type") &&
        (!parse_event_type(param.value, type) ||
         (type != EventType::impression && type != EventType::viewable_impression)))
      return false;
  }
  return true;
}

}  // namespace

void PixelRoute::add_routes(http::Router& router) {
  http::RouteSpec spec;
  spec.path = "/v1/p.gif";
  spec.is_open = true;  // who calls is looked at here: every answer is the image
  spec.summary = "Take one event from an image's URL";
  spec.params = {
      {"key", "query", "string", true, "A public key."},
      {"e", "query", "string", false, "Short for event_type; impression if none is said."},
      {"event_id", "query", "string", false, "As in POST /v1/events, like every other field."},
      {"campaign_id", "query", "string", false, "As in POST /v1/events."}};
  spec.tags = {"ingest"};
  router.add(std::move(spec), [this](const http::Request& request, http::Responder responder) {
    answer(request, std::move(responder));
  });
}

std::variant<PixelRoute::Caller, PixelRoute::Refusal> PixelRoute::caller(
    const http::Request& request) const {
  const Credential credential = credential_of(request);
  if (credential.is_ambiguous) return Refusal{"ambiguous_credential"};
  http::Request asked;  // what the gate counts by
  asked.remote_ip = request.remote_ip;
  asked.request_id = request.request_id;
  const std::string* decision_id = request.param("decision_id");
  if (credential.text.empty() && decision_id != nullptr) {
    auto decision = decode_decision_id(*decision_id, keys_);
    if (decision && !may_report(request)) return Refusal{"key_required"};
    if (decision && gate_.pass_unknown(asked)) return Refusal{"rate_limited"};
    if (decision) return Caller{std::move(decision->tenant), *decision_id};
  }
  auto principal = authenticator_.authenticate(credential.text, request.header("x-adbacus-tenant"));
  if (!principal) {
    if (gate_.pass_unknown(asked)) return Refusal{"rate_limited"};
    return Refusal{principal.error().code == ErrorCode::forbidden ? "forbidden" : "unauthorized"};
  }
  asked.principal = *principal;
  if (gate_.pass(asked, true)) return Refusal{"rate_limited"};
  if (!principal->is_public && credential.in_query) return Refusal{"secret_key_in_query"};
  if (principal->is_public && !may_come_from(request, *principal))
    return Refusal{"origin_not_allowed"};
  if ((principal->scopes & http::scope_ingest) == 0) return Refusal{"missing_scope"};
  if (principal->is_limited()) return Refusal{"limited_caller"};
  if (principal->tenant.empty()) return Refusal{"tenant_required"};
  return Caller{std::move(principal->tenant)};
}

void PixelRoute::answer(const http::Request& request, http::Responder responder) {
  const auto who = caller(request);
  if (const auto* refusal = std::get_if<Refusal>(&who))
    return responder.send(pixel_image(refusal->code));
  // Asked for, but seen by nobody.
  if (request.method == http::Method::head || is_prefetch(request))
    return responder.send(pixel_image({}));
  const Caller& from = std::get<Caller>(who);
  UrlEvent event = door_.event_of(request, from.tenant);
  KnownFields known;
  const std::string_view page = request.header("referer");
  const bool says_page = request.param("url") != nullptr || request.param("click_url") != nullptr;
  const bool is_trusted = from.decision_id.empty();
  if (!(is_trusted && says_page) && page.size() <= kUrlBytesMax && valid_web_url(page))
    known.emplace_back("url", page);
  if (!is_trusted) {
    known.emplace_back("decision_id", from.decision_id);
    reserve_fields(known);
  }
  event.json = query_event_json(request.query, known, "impression");
  auto waiting = std::make_shared<http::Responder>(std::move(responder));
  door_.take(std::move(event),
             [waiting](std::string_view code) { waiting->send(pixel_image(code)); });
}

}  // namespace adbacus
