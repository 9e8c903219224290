// The answer to a bid request (OpenRTB 2.6), and the reasons for none. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decision/elimination.hpp"
#include "decision/openrtb/bid_request.hpp"
#include "decision/serving_plan.hpp"

namespace adbacus {

struct Bid {
  std::string id = {};
  const Imp* imp = nullptr;
  const ServingItem* item = nullptr;
  const ServingCreative* creative = nullptr;
  std::int64_t price = 0;  // micros per 1,000 impressions
  std::uint32_t life_s = 0;
  std::string markup = {};
  // Notices; empty: none.
  std::string win_url = {};
  std::string billing_url = {};
  std::string loss_url = {};
};

// The size that the exchange is told: the creative's, else the slot's first one.
std::optional<AdSize> size_of(const Imp& imp, const Creative& creative);

std::string bid_response_json(std::string_view request_id, std::string_view currency,
                              const std::vector<Bid>& bids);

// Numbers are those of the standard (AdCOM, No-Bid Reason Codes); from 501 on they are ours.
struct NoBid {
  int code = 0;
  std::string_view name = "unknown";
};
NoBid no_bid_because(Elimination reason);
inline constexpr NoBid kInvalidRequest{2, "invalid_request"};
inline constexpr NoBid kTooLate{15, "insufficient_time"};
inline constexpr NoBid kUnsupported{514, "unsupported"};  // neither banner nor native, deals only

std::string no_bid_json(std::string_view request_id, const NoBid& reason);

}  // namespace adbacus
