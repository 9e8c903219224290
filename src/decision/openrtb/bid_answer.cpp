#include "decision/openrtb/bid_answer.hpp"

#include <algorithm>

#include "decision/openrtb/imp_rule.hpp"
#include "http/json_writer.hpp"
#include "model/money.hpp"

namespace adbacus {
namespace {

using http::JsonWriter;

constexpr int kBannerMarkup = 1;  // AdCOM, Creative Subtypes
constexpr int kNativeMarkup = 4;

void text_member(JsonWriter& json, std::string_view name, const std::string& text) {
  if (!text.empty()) json.member(name, text);
}

void write_bid(JsonWriter& json, const Bid& bid) {
  const Creative& creative = *bid.creative->facts;
  json.begin_object().member("id", bid.id).member("impid", bid.imp->id);
  json.key("price").raw(money_text(bid.price));
  json.member("adm", bid.markup);
  text_member(json, "nurl", bid.win_url);
  text_member(json, "burl", bid.billing_url);
  text_member(json, "lurl", bid.loss_url);
  const std::string domain = advertiser_domain(*bid.item, creative);
  if (!domain.empty()) json.key("adomain").begin_array().value(domain).end_array();
  json.member("cid", bid.item->campaign_id).member("crid", bid.creative->id);
  text_member(json, "iurl", creative.image_url);
  if (bid.item->advertiser && !bid.item->advertiser->categories.empty()) {
    json.key("cat").begin_array();
    for (const std::string& category : bid.item->advertiser->categories) json.value(category);
    json.end_array();
  }
  const bool is_native_ad = is_native(*bid.creative);
  if (const auto size = size_of(*bid.imp, creative); size && !is_native_ad) {
    json.member("w", size->w).member("h", size->h);
  }
  json.member("mtype", is_native_ad ? kNativeMarkup : kBannerMarkup);
  json.member("exp", bid.life_s);
  json.end_object();
}

}  // namespace

std::optional<AdSize> size_of(const Imp& imp, const Creative& creative) {
  if (creative.w && creative.h) return AdSize{*creative.w, *creative.h};
  if (imp.sizes.empty()) return std::nullopt;
  return imp.sizes.front();
}

std::string bid_response_json(std::string_view request_id, std::string_view currency,
                              const std::vector<Bid>& bids) {
  JsonWriter json(2048);
  json.begin_object().member("id", request_id).key("seatbid").begin_array();
  std::vector<std::string_view> seats;
  for (const Bid& bid : bids) {
    const std::string_view seat = bid.item->advertiser_id;
    if (std::find(seats.begin(), seats.end(), seat) == seats.end()) seats.push_back(seat);
  }
  for (const std::string_view seat : seats) {
    json.begin_object().key("bid").begin_array();
    for (const Bid& bid : bids) {
      if (bid.item->advertiser_id == seat) write_bid(json, bid);
    }
    json.end_array();
    if (!seat.empty()) json.member("seat", seat);
    json.end_object();
  }
  json.end_array().member("cur", currency).end_object();
  return std::move(json).take();
}

NoBid no_bid_because(Elimination reason) {
  const auto ours = [&](int code) { return NoBid{code, elimination_name(reason)}; };
  switch (reason) {
    case Elimination::none:
      return {};
    case Elimination::consent:
      return ours(8);  // unmatched user
    case Elimination::frequency_cap:
      return ours(9);  // daily user cap met
    case Elimination::placement_unknown:
      return ours(501);
    case Elimination::not_active:
      return ours(502);
    case Elimination::currency:
      return ours(503);
    case Elimination::schedule:
      return ours(504);
    case Elimination::not_bound:
      return ours(505);
    case Elimination::no_creative:
      return ours(506);
    case Elimination::size:
      return ours(507);
    case Elimination::targeting:
      return ours(508);
    case Elimination::blocked:
      return ours(509);
    case Elimination::budget:
      return ours(510);
    case Elimination::pacing:
      return ours(511);
    case Elimination::floor:
      return ours(512);
    case Elimination::outranked:
      return ours(513);
  }
  return {};
}

std::string no_bid_json(std::string_view request_id, const NoBid& reason) {
  JsonWriter json;
  json.begin_object().member("id", request_id).key("seatbid").begin_array().end_array();
  json.member("nbr", reason.code).end_object();
  return std::move(json).take();
}

}  // namespace adbacus
