#include "decision/openrtb/outcome_routes.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace adbacus {
namespace {

constexpr std::uint64_t kClaimSeed = 0x6e6f'7469;
constexpr TimeUs kOutcomeLifeUs = 10 * kMinuteUs;
// Reservations end by the second, in another thread.
constexpr std::uint32_t kReserveMarginS = 2;

http::Response said(std::string_view result) {
  http::Response response;
  response.content_type = "text/plain";
  response.headers.emplace_back("Cache-Control", "no-store");
  if (!result.empty()) response.headers.emplace_back("X-Adbacus-Error", result);
  return response;
}

// Its price is what it was when the bid was made.
bool has_same_price(const ServingItem& item, const DecisionFacts& decision) {
  return item.price_micros == decision.price_micros && item.facts->pricing == decision.pricing;
}

}  // namespace

OutcomeRoutes::Counts OutcomeRoutes::counts(std::string_view kind) {
  const auto of = [&](const char* result) -> Counter& {
    return counter("adbacus_openrtb_notices_total", "Notices of auctions by what became of them",
                   fmt::format("kind=\"{}\",result=\"{}\"", kind, result));
  };
  return {of("counted"), of("uncounted"), of("refused")};
}

OutcomeRoutes::OutcomeRoutes(AdServer& ads, Claims& claims, const OutcomeOptions& options)
    : ads_(ads),
      claims_(claims),
      options_(options),
      wins_(counts("win")),
      losses_(counts("loss")) {}

void OutcomeRoutes::add_routes(http::Router& router) {
  const auto add = [&](const char* path, const char* summary, const char* param,
                       const char* meaning, Outcome outcome) {
    http::RouteSpec spec;
    spec.path = path;
    spec.is_open = true;  // the token is the credential
    spec.summary = summary;
    spec.params = {{"token", "path", "string", true, "Of a bid's notices."},
                   {param, "query", "string", false, meaning}};
    spec.tags = {"decisions"};
    router.add(std::move(spec),
               [this, outcome](const http::Request& request, http::Responder responder) {
                 responder.send(answer(request, outcome));
               });
  };
  add("/openrtb2/win/{token}", "Win notice (nurl) of a bid", "price", "${AUCTION_PRICE}",
      Outcome::win);
  add("/openrtb2/loss/{token}", "Loss notice (lurl) of a bid", "reason", "${AUCTION_LOSS}",
      Outcome::loss);
}

http::Response OutcomeRoutes::answer(const http::Request& request, Outcome outcome) {
  Counts& counts = outcome == Outcome::win ? wins_ : losses_;
  const auto opened =
      open_auction_notice(request.path_args[0], NoticeTeller::exchange, ads_.keys());
  if (!opened) {
    counts.refused.add();
    return http::problem(request, 400, "bad_token", "This notice was not made by this server.");
  }
  const bool is_audit_call = std::any_of(request.query.begin(), request.query.end(),
                                         [](const auto& param) { return is_audit(param.value); });
  if (opened->notice.is_test() || is_audit_call || request.method == http::Method::head) {
    counts.ignored.add();
    return said({});
  }
  auto first = take(opened->notice, opened->decision, outcome);
  if (!first) {
    counts.refused.add();
    return http::problem(request, first.error());
  }
  (*first ? counts.taken : counts.ignored).add();
  return said({});
}

Result<bool> OutcomeRoutes::take(const AuctionNotice& notice, const DecisionFacts& decision,
                                 Outcome outcome) {
  const TimeUs now_us = ads_.clock().wall_us();
  const TimeUs age_us = now_us - decision.time_us;
  // Later nobody remembers whether it was told before.
  if (age_us < 0 || age_us > kOutcomeLifeUs || decision.time_us < options_.started_us) return false;
  const Hash128 key = hash128(fmt::format("{}\n{}", decision.tenant, decision.number), kClaimSeed);
  auto first = claims_.claim(key, now_us, kOutcomeLifeUs);
  if (first && *first && outcome == Outcome::loss) give_back(notice, decision, age_us);
  return first;
}

void OutcomeRoutes::give_back(const AuctionNotice& notice, const DecisionFacts& decision,
                              TimeUs age_us) {
  const TenantView view = ads_.view(decision.tenant);
  std::size_t number = 0;
  Decision lost;
  lost.placement = view.tenant->plan->of_item(decision.line_item_id, number);
  if (lost.placement == nullptr) return;
  const ServingItem& item = lost.placement->items[number];
  lost.number = decision.number;
  lost.item = &item;
  for (const ServingCreative& creative : item.creatives) {
    if (creative.id == decision.creative_id) lost.creative = &creative;
  }
  lost.user = {decision.user_hash, notice.user_high};
  lost.cap_unenforced = lost.user == Hash128();
  const bool is_reserved = age_us < (TimeUs{options_.reserve_s} - kReserveMarginS) * kSecondUs &&
                           has_same_price(item, decision) && item.budgets.size() == notice.budgets;
  const ItemRates rates{.ctr = notice.ctr, .cvr = notice.cvr};
  ads_.withdraw(view, lost, is_reserved ? &rates : nullptr, decision.time_us);
}

}  // namespace adbacus
