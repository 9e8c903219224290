// The body of an OpenRTB 2.6 bid request: what of it decisions need (docs/api/openrtb.md). Unknown
// fields are ignored. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decision/ad_request.hpp"
#include "decision/openrtb/json_fields.hpp"
#include "decision/openrtb/native_request.hpp"

namespace adbacus {

struct Imp {
  std::string_view id = {};
  std::string_view tagid = {};  // the placement's key
  bool has_banner = false;
  std::vector<AdSize> sizes = {};  // of the banner; empty: any
  std::optional<NativeRequest> native = {};
  std::int64_t floor = 0;                   // micros per 1,000 impressions
  std::string_view floor_currency = "USD";  // ISO 4217
  bool is_secure = false;                   // every address must be https
  bool is_private = false;                  // for deals only
  bool can_be_shown() const { return (has_banner || native) && !is_private; }
};

struct BidRequest {
  std::string_view id = {};
  std::vector<Imp> imps = {};
  bool is_test = false;
  std::int64_t tmax_ms = 0;                            // 0: not said
  std::vector<std::string_view> currencies = {};       // empty: any
  std::vector<std::string_view> seats = {};            // wseat; empty: any
  std::vector<std::string_view> blocked_domains = {};  // in lower case
  AdRequest ads = {};      // without slots and time; badv, bcat and bseat are its blocks
  JsonFields fields = {};  // holds texts that the views above show
};

inline constexpr std::size_t kBidRequestBytesMax = std::size_t{256} << 10U;
inline constexpr std::size_t kImpsMax = 100;

// False: it cannot be answered; `out.fields.problems()` says why. Views are valid until the calling
// thread reads the next request, as long as `body` and `out` are.
bool read_bid_request(std::string_view body, BidRequest& out);

}  // namespace adbacus
