// A decision as the page that asked gets it back: an opaque signed text that joins the decision
// with its impression, click and conversion. Made by decision/, read by ingest/. Bytes in
// docs/formats/decision_id.md. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/signing_keys.hpp"
#include "model/campaign.hpp"

namespace adbacus {

struct DecisionFacts {
  std::uint64_t number = 0;  // random: with the tenant it names the decision
  TimeUs time_us = 0;
  std::string tenant = {};
  std::string placement_id = {};
  std::string campaign_id = {};
  std::string line_item_id = {};
  std::string creative_id = {};
  std::string ad_id = {};
  std::string currency = {};  // of the price; empty: the tenant's
  Pricing pricing = Pricing::cpc;
  // Micros for what `pricing` names: one impression (a thousandth of the price per thousand), one
  // click, one conversion.
  std::int64_t price_micros = 0;
  std::uint64_t user_hash = 0;  // of whom it was made for; 0: of nobody known
  std::uint32_t life_s = 0;     // an impression later than this is none of this decision
  bool operator==(const DecisionFacts&) const = default;
};

// How long a click may come after its decision.
inline constexpr TimeUs kDecisionClickLifeUs = 24 * kHourUs;

// An id can be read by everybody; `hidden`: but for its price, which costs one more HMAC.
enum class PriceForm : std::uint8_t { plain, hidden };

std::string encode_decision_id(const DecisionFacts& facts, const SigningKeys& keys,
                               PriceForm form = PriceForm::plain);
// nullopt: not made with one of the keys.
std::optional<DecisionFacts> decode_decision_id(std::string_view text, const SigningKeys& keys);

}  // namespace adbacus
