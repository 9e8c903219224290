#include "ingest/links/click_target.hpp"

#include <utility>

#include "http/destination.hpp"
#include "model/decision_id.hpp"

namespace adbacus {
namespace {

constexpr ClickRefusal kBadToken{400, "bad_token", "This link was not made by this server."};
constexpr ClickRefusal kExpired{400, "link_expired", "This link is no longer valid."};
constexpr ClickRefusal kNotAllowed{400, "destination_not_allowed",
                                   "This link does not lead to that address."};
constexpr ClickRefusal kNowhere{404, "no_destination", "What this link leads to is gone."};

// Of the creative, which an ad may name; empty: there is none.
std::string landing_url(const CatalogSnapshot& catalog, const ClickTarget& target) {
  const TenantObjects* objects = catalog.tenant(target.tenant);
  if (objects == nullptr) return {};
  std::string_view id = target.creative_id;
  if (id.empty()) {
    const Ad* ad = objects->find<Ad>(target.ad_id);
    if (ad == nullptr) return {};
    id = ad->creative_id;
  }
  const auto* creative = objects->find<Creative>(id);
  return creative == nullptr ? std::string() : http::ascii_url(creative->landing_url);
}

// A decision's page is its creative's. It is followed at any age: an old page leads on, even though
// its click no longer belongs to the decision.
ClickTarget target_of(std::string_view token, DecisionFacts decision) {
  ClickTarget target;
  target.tenant = std::move(decision.tenant);
  target.campaign_id = std::move(decision.campaign_id);
  target.line_item_id = std::move(decision.line_item_id);
  target.placement_id = std::move(decision.placement_id);
  target.creative_id = std::move(decision.creative_id);
  target.ad_id = std::move(decision.ad_id);
  target.decision_id = token;
  return target;
}

ClickTarget target_of(Link& link) {
  ClickTarget target;
  target.tenant = std::move(link.tenant);
  target.campaign_id = std::move(link.campaign_id);
  target.line_item_id = std::move(link.line_item_id);
  target.placement_id = std::move(link.placement_id);
  target.creative_id = std::move(link.creative_id);
  target.ad_id = std::move(link.ad_id);
  return target;
}

// What the request itself may name: https, and a domain that the link's maker listed.
bool may_lead_to(std::string_view url, const Link& link) {
  return http::is_safe_destination(url) && http::is_https(url) &&
         http::is_in_domains(http::destination_host(url), link.domains);
}

bool is_allowed(std::string_view destination, const IngestOptions& options) {
  return options.click_domains.empty() ||
         http::is_in_domains(http::destination_host(destination), options.click_domains);
}

}  // namespace

std::variant<ClickTarget, ClickRefusal> click_target(std::string_view token, const std::string* url,
                                                     const ClickRules& rules) {
  auto decision = decode_decision_id(token, rules.keys);
  std::optional<Link> link = decision ? Link() : decode_link(token, rules.keys);
  if (!link) return kBadToken;
  if (link->expires_at && *link->expires_at <= rules.now_us) return kExpired;
  ClickTarget target = decision ? target_of(token, *std::move(decision)) : target_of(*link);
  target.landing_url = landing_url(rules.catalog, target);
  const bool names_page = url != nullptr && !url->empty();
  if (names_page) {
    target.is_fixed = true;
    target.destination = http::ascii_url(*url);
    if (!may_lead_to(target.destination, *link)) return kNotAllowed;
  } else if (!link->destination.empty()) {
    target.destination = std::move(link->destination);
    if (!is_allowed(target.destination, rules.options)) return kNotAllowed;
  } else {
    target.destination = target.landing_url;
    if (target.destination.empty()) return kNowhere;
  }
  if (!http::is_safe_destination(target.destination)) return kNotAllowed;
  return target;
}

}  // namespace adbacus
