#include "decision/openrtb/auction_routes.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <utility>

#include "decision/openrtb/banner_markup.hpp"
#include "decision/openrtb/imp_rule.hpp"
#include "decision/openrtb/native_answer.hpp"
#include "model/auction_notice.hpp"

namespace adbacus {
namespace {

constexpr const char* kRequestSchema =
    R"({"type":"object","required":["id","imp"],"properties":{"id":{"type":"string"},)"
    R"("imp":{"type":"array","minItems":1,"maxItems":100,"items":{"type":"object",)"
    R"("required":["id"],"properties":{"id":{"type":"string"},"tagid":{"type":"string"},)"
    R"("banner":{"type":"object"},"native":{"type":"object"},"bidfloor":{"type":"number"},)"
    R"("bidfloorcur":{"type":"string"}}}},"site":{"type":"object"},"app":{"type":"object"},)"
    R"("device":{"type":"object"},"user":{"type":"object"},"regs":{"type":"object"},)"
    R"("test":{"type":"integer"},"at":{"type":"integer"},"tmax":{"type":"integer"},)"
    R"("cur":{"type":"array"},"bcat":{"type":"array"},"badv":{"type":"array"}}})";
// A price per 1,000 is a whole number of micros for each impression.
constexpr std::int64_t kPriceStep = 1'000;

std::int64_t round_up(std::int64_t price) {
  return (price + kPriceStep - 1) / kPriceStep * kPriceStep;
}

std::int64_t price_of(const TenantState& state, const Decision& decision) {
  const auto number = static_cast<std::size_t>(decision.item - decision.placement->items.data());
  const double value = state.of(*decision.placement).values[number];
  return static_cast<std::int64_t>(value) / kPriceStep * kPriceStep;
}

bool has(const std::vector<std::string_view>& list, std::string_view value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// Exchanges call again after a minute, and the last time has to count too.
constexpr std::uint32_t kNoticeGraceS = 120;
constexpr std::string_view kPriceMacro = "?price=${AUCTION_PRICE}";
constexpr std::string_view kLossMacro = "?reason=${AUCTION_LOSS}";

std::string notice_url(const std::string& base, std::string_view kind, std::string_view token,
                       std::string_view query, bool is_test) {
  std::string url = base;
  url.append("/openrtb2/").append(kind).append("/").append(token).append(query);
  return is_test ? with_audit_macros(url) : url;
}

// Without an id it is that of a test.
AuctionNotice notice_of(const TenantState& state, const Imp& imp, const SignedDecision& decision,
                        std::int64_t price) {
  const Decision& chosen = decision.decision;
  const auto number = static_cast<std::size_t>(chosen.item - chosen.placement->items.data());
  const ItemRates& rates = state.of(*chosen.placement).rates[number];
  return {.decision_id = decision.id,
          .bid = price,
          .floor = imp.floor,
          .ctr = rates.ctr,
          .cvr = rates.cvr,
          .budgets = static_cast<std::uint32_t>(chosen.item->budgets.size()),
          .user_high = chosen.user.high};
}

http::Response versioned(http::Response response) {
  response.headers.emplace_back("x-openrtb-version", "2.6");
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

}  // namespace

AuctionRoutes::AuctionRoutes(AdServer& ads)
    : ads_(ads),
      bid_(counter("adbacus_openrtb_requests_total", "Bid requests by what they came to",
                   "result=\"bid\"")),
      passed_(counter("adbacus_openrtb_requests_total", "Bid requests by what they came to",
                      "result=\"no_bid\"")),
      refused_(counter("adbacus_openrtb_requests_total", "Bid requests by what they came to",
                       "result=\"refused\"")),
      duration_(histogram("adbacus_openrtb_duration_seconds",
                          "Time from a bid request's body to the answer")) {}

void AuctionRoutes::add_routes(http::Router& router) {
  http::RouteSpec spec;
  spec.method = http::Method::post;
  spec.path = "/openrtb2/auction";
  spec.scope = http::scope_decide;
  spec.summary = "Bids for the impressions of an OpenRTB 2.6 request";
  spec.tags = {"decisions"};
  spec.params = {{.name = "nbr",
                  .type = "integer",
                  .description = "1: no bid is answered 200 with the reason, instead of 204"}};
  spec.request_body = kRequestSchema;
  router.add(std::move(spec), [this](const http::Request& request, http::Responder responder) {
    const TimeUs begin_us = ads_.clock().mono_us();
    responder.send(versioned(answer(request)));
    duration_.record_us(static_cast<std::uint64_t>(ads_.clock().mono_us() - begin_us));
  });
}

http::Response AuctionRoutes::answer(const http::Request& request) {
  const TimeUs begin_us = ads_.clock().mono_us();
  Auction auction;
  BidRequest& asked = auction.asked;
  if (request.body.size() > kBidRequestBytesMax) {
    refused_.add();
    return http::problem(request, 413, "body_too_large",
                         fmt::format("A bid request has at most {} bytes.", kBidRequestBytesMax));
  }
  if (!read_bid_request(request.body, asked)) {
    refused_.add();
    return http::problem(request, 400, "invalid_bid_request", "This is no bid request.",
                         asked.fields.problems());
  }
  auction.view = ads_.view(request.principal.tenant);
  add_slots(auction);
  if (asked.ads.slots.empty()) return no_bid(request, auction);
  auto answers = ads_.decide(auction.view, asked.ads);
  if (!answers) {
    refused_.add();
    return http::problem(request, answers.error());
  }
  const TimeUs taken_us = ads_.clock().mono_us() - begin_us;
  const bool is_late = asked.tmax_ms > 0 && taken_us > asked.tmax_ms * kMillisecondUs;
  if (is_late || asked.is_test) take_back(auction, *answers);
  if (is_late) {
    auction.reason = kTooLate;
    return no_bid(request, auction);
  }
  const std::vector<Bid> bids = bids_of(request, auction, *answers);
  if (bids.empty()) return no_bid(request, auction);
  bid_.add();
  http::Response response;
  response.body = bid_response_json(asked.id, auction.view.tenant->plan->currency, bids);
  return response;
}

http::Response AuctionRoutes::no_bid(const http::Request& request, const Auction& auction) {
  passed_.add();
  http::Response response;
  response.headers.emplace_back("X-Adbacus-No-Ad", std::string(auction.reason.name));
  const std::string* wants_reason = request.param("nbr");
  if (wants_reason != nullptr && *wants_reason == "1") {
    response.body = no_bid_json(auction.asked.id, auction.reason);
  } else {
    response.status = 204;
  }
  return response;
}

void AuctionRoutes::add_slots(Auction& auction) {
  BidRequest& asked = auction.asked;
  const std::string& currency = auction.view.tenant->plan->currency;
  const auto limits = std::make_shared<const RequestLimits>(asked);
  const bool speaks_currency = asked.currencies.empty() || has(asked.currencies, currency);
  for (const Imp& imp : asked.imps) {
    NoBid why;
    if (!imp.can_be_shown()) {
      why = kUnsupported;
    } else if (imp.tagid.empty()) {
      why = no_bid_because(Elimination::placement_unknown);
    } else if (!speaks_currency || (imp.floor > 0 && imp.floor_currency != currency)) {
      why = no_bid_because(Elimination::currency);
    } else {
      AdSlot slot{.name = imp.id, .placement_key = imp.tagid};
      if (!imp.native) slot.sizes = imp.sizes;  // else of the banner only: the rule knows
      slot.floor = std::max(round_up(imp.floor), kPriceStep);
      slot.rule = std::make_shared<ImpRule>(imp, limits);
      asked.ads.slots.push_back(std::move(slot));
      auction.imps.push_back(&imp);
      continue;
    }
    if (auction.reason.code == 0) auction.reason = why;
  }
}

std::vector<Bid> AuctionRoutes::bids_of(const http::Request& request, Auction& auction,
                                        const std::vector<SlotAnswer>& answers) {
  const AdRequest& ads = auction.asked.ads;
  const TenantView& view = auction.view;
  const std::string base = ads_.urls_of(request).base;
  const std::string_view context = ads_.context_of(view, ads);
  std::vector<Bid> bids;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    std::vector<SignedDecision> decisions;
    if (!auction.asked.is_test) {
      decisions = ads_.hand_out(view, ads, ads.slots[i], answers[i], context, kNoticeGraceS);
    } else {
      for (const Decision& decision : answers[i].decisions) decisions.push_back({decision, {}});
    }
    for (const SignedDecision& decision : decisions) {
      bids.push_back(bid_of(auction, *auction.imps[i], decision, base));
    }
    if (decisions.empty() && auction.reason.code == 0) {
      auction.reason = no_bid_because(answers[i].missing);
    }
  }
  return bids;
}

// A test has no id: its ad leads straight to the landing page, and nothing of it is counted.
Bid AuctionRoutes::bid_of(const Auction& auction, const Imp& imp, const SignedDecision& decision,
                          const std::string& base) const {
  const Decision& chosen = decision.decision;
  const Creative& creative = *chosen.creative->facts;
  const bool is_test = auction.asked.is_test;
  Bid bid;
  bid.id = fmt::format("{:016x}", chosen.number);
  bid.imp = &imp;
  bid.item = chosen.item;
  bid.creative = chosen.creative;
  bid.price = price_of(*auction.view.tenant, chosen);
  bid.life_s = ads_.life_of(*chosen.creative);
  const AuctionNotice notice = notice_of(*auction.view.tenant, imp, decision, bid.price);
  const std::string token = encode_auction_notice(notice, NoticeTeller::exchange, ads_.keys());
  const std::string pixel = encode_auction_notice(notice, NoticeTeller::device, ads_.keys());
  bid.win_url = notice_url(base, "win", token, kPriceMacro, is_test);
  bid.billing_url = notice_url(base, "billing", token, kPriceMacro, is_test);
  bid.loss_url = notice_url(base, "loss", token, kLossMacro, is_test);
  const DecisionUrls urls{.base = base};
  const AdLinks links{.impression = notice_url(base, "impression", pixel, kPriceMacro, is_test),
                      .click = is_test ? creative.landing_url : urls.click(decision.id)};
  if (is_native(*chosen.creative)) {
    bid.markup =
        native_answer(*imp.native, *chosen.item, creative, imp.is_secure, links).value_or("");
  } else {
    bid.markup = banner_markup(creative, size_of(imp, creative), links);
  }
  if (is_test) bid.markup = with_audit_macros(bid.markup);
  return bid;
}

void AuctionRoutes::take_back(const Auction& auction,
                              const std::vector<SlotAnswer>& answers) const {
  for (const SlotAnswer& answer : answers) {
    for (const Decision& decision : answer.decisions) {
      ads_.decider().take_back(*auction.view.tenant, decision, auction.asked.ads);
    }
  }
}

}  // namespace adbacus
