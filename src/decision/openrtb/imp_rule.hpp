// What one impression of a bid request asks of a creative beside its size: that it can be shown as
// banner or native ad, by https, for a seat that may bid, and leads to no blocked domain. Owns what
// it knows. Thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "decision/openrtb/bid_request.hpp"

namespace adbacus {

// Of all impressions of a request.
struct RequestLimits {
  explicit RequestLimits(const BidRequest& request);
  std::vector<std::string> seats = {};            // sorted; empty: any
  std::vector<std::string> blocked_domains = {};  // sorted
};

class ImpRule final : public CreativeRule {
 public:
  ImpRule(const Imp& imp, std::shared_ptr<const RequestLimits> limits)
      : has_banner_(imp.has_banner),
        is_secure_(imp.is_secure),
        sizes_(imp.sizes),
        native_(imp.native),
        limits_(std::move(limits)) {}
  bool allows(const ServingItem& item, const ServingCreative& creative) const override;

 private:
  const bool has_banner_;
  const bool is_secure_;
  const std::vector<AdSize> sizes_;  // of the banner
  const std::optional<NativeRequest> native_;
  const std::shared_ptr<const RequestLimits> limits_;
};

bool is_native(const ServingCreative& creative);
// Where the ad leads: the advertiser's domain, else the landing page's host.
std::string advertiser_domain(const ServingItem& item, const Creative& creative);

}  // namespace adbacus
