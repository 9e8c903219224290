#include "decision/openrtb/imp_rule.hpp"

#include <algorithm>

#include "decision/openrtb/native_answer.hpp"
#include "decision/serving_plan.hpp"
#include "decision/web_address.hpp"

namespace adbacus {
namespace {

std::vector<std::string> sorted(const std::vector<std::string_view>& texts) {
  std::vector<std::string> out(texts.begin(), texts.end());
  std::sort(out.begin(), out.end());
  return out;
}

bool has(const std::vector<std::string>& list, std::string_view value) {
  return std::binary_search(list.begin(), list.end(), value, std::less<>());
}

bool covers(const std::vector<std::string>& blocked, std::string_view host) {
  for (;;) {
    if (has(blocked, host)) return true;
    const std::size_t dot = host.find('.');
    if (dot == std::string_view::npos) return false;
    host.remove_prefix(dot + 1);
  }
}

}  // namespace

RequestLimits::RequestLimits(const BidRequest& request)
    : seats(sorted(request.seats)), blocked_domains(sorted(request.blocked_domains)) {}

bool is_native(const ServingCreative& creative) {
  return creative.ad_type == AdType::native;
}

std::string advertiser_domain(const ServingItem& item, const Creative& creative) {
  if (item.advertiser && !item.advertiser->domain.empty()) return item.advertiser->domain;
  return web_address(creative.landing_url).host;
}

bool ImpRule::allows(const ServingItem& item, const ServingCreative& creative) const {
  const Creative& facts = *creative.facts;
  if (!limits_->seats.empty() && !has(limits_->seats, item.advertiser_id)) return false;
  if (!limits_->blocked_domains.empty()) {
    const std::string domain = advertiser_domain(item, facts);
    if (domain.empty() || covers(limits_->blocked_domains, domain)) return false;
  }
  if (is_native(creative)) {
    return native_ && native_answer(*native_, item, facts, is_secure_, {}).has_value();
  }
  const AdType type = creative.ad_type.value_or(AdType::display);
  if (!has_banner_ || (type != AdType::display && type != AdType::text)) return false;
  const auto is_its_size = [&](const AdSize& size) {
    return size.w == *facts.w && size.h == *facts.h;
  };
  if (!sizes_.empty() && facts.w && facts.h &&
      std::none_of(sizes_.begin(), sizes_.end(), is_its_size)) {
    return false;
  }
  if (!facts.markup.empty()) return true;  // whose addresses are its maker's
  return !facts.image_url.empty() && (!is_secure_ || is_https_url(facts.image_url));
}

}  // namespace adbacus
