#include "report/caller_limit.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "catalog/snapshot.hpp"

namespace adbacus {
namespace {

// Without ids nothing passes: `any` is false without children.
ReportFilter one_of(std::string_view field, std::vector<std::string> ids) {
  ReportFilter none;
  none.kind = FilterKind::any;
  const auto dimension = find_dimension(field);
  if (ids.empty() || !dimension) return none;
  std::sort(ids.begin(), ids.end());
  ReportFilter filter;
  filter.field = *dimension;
  filter.op = FilterOp::in;
  filter.values = std::move(ids);
  return filter;
}

}  // namespace

std::vector<ReportFilter> limit_filters(const http::Principal& caller,
                                        const CatalogSnapshot& objects) {
  std::vector<ReportFilter> filters;
  const TenantObjects* own = objects.tenant(caller.tenant);
  if (!caller.advertiser_id.empty()) {
    std::vector<std::string> ids;
    if (own != nullptr) {
      own->for_each<Campaign>([&](const std::string& id, const Campaign& campaign) {
        if (campaign.advertiser_id == caller.advertiser_id) ids.push_back(id);
      });
    }
    filters.push_back(one_of("campaign_id", std::move(ids)));
  }
  if (!caller.publisher_id.empty()) {
    std::vector<std::string> ids;
    if (own != nullptr) {
      own->for_each<Placement>([&](const std::string& id, const Placement& placement) {
        if (placement.publisher_id == caller.publisher_id) ids.push_back(id);
      });
    }
    filters.push_back(one_of("placement_id", std::move(ids)));
  }
  return filters;
}

}  // namespace adbacus
