#include "decision/traffic_history.hpp"

#include <algorithm>
#include <limits>

namespace adbacus {

void TrafficHistory::Hours::add(std::int64_t hour, std::uint64_t requests) {
  if (counts.empty()) first = hour;
  if (hour <= end() - 1 - kHours) return;
  if (hour < first) {
    counts.insert(counts.begin(), static_cast<std::size_t>(first - hour), 0);
    first = hour;
  }
  if (hour >= end()) {
    if (hour - first >= kHours) {
      const std::int64_t old = std::min(hour - kHours + 1, end()) - first;
      counts.erase(counts.begin(), counts.begin() + old);
      first = counts.empty() ? hour : first + old;
    }
    counts.resize(static_cast<std::size_t>(hour - first) + 1);
  }
  std::uint32_t& count = counts[static_cast<std::size_t>(hour - first)];
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  count = static_cast<std::uint32_t>(std::min(kMost, count + std::min(requests, kMost)));
}

void TrafficHistory::add(std::string_view tenant, std::string_view placement_id, std::int64_t hour,
                         std::uint64_t requests) {
  auto of_tenant = tenants_.find(tenant);
  if (of_tenant == tenants_.end()) of_tenant = tenants_.try_emplace(std::string(tenant)).first;
  auto hours = of_tenant->second.find(placement_id);
  if (hours == of_tenant->second.end()) {
    hours = of_tenant->second.try_emplace(std::string(placement_id)).first;
  }
  hours->second.add(hour, requests);
}

void TrafficHistory::add(const TrafficHistory& other) {
  for (const auto& [tenant, placements] : other.tenants_) {
    for (const auto& [id, hours] : placements) {
      for (std::size_t i = 0; i < hours.counts.size(); ++i) {
        if (hours.counts[i] == 0) continue;
        add(tenant, id, hours.first + static_cast<std::int64_t>(i), hours.counts[i]);
      }
    }
  }
}

RequestHours TrafficHistory::sum(std::string_view tenant,
                                 const std::vector<std::string_view>& placement_ids,
                                 std::int64_t before) const {
  const auto of_tenant = tenants_.find(tenant);
  if (of_tenant == tenants_.end()) return {};
  std::vector<const Hours*> all;
  std::int64_t first = before;
  for (const std::string_view id : placement_ids) {
    const auto found = of_tenant->second.find(id);
    if (found == of_tenant->second.end()) continue;
    all.push_back(&found->second);
    first = std::min(first, found->second.first + 1);
  }
  first = std::max(first, before - kHours);
  RequestHours sum{.first = first, .counts = {}};
  sum.counts.resize(static_cast<std::size_t>(before - first));
  for (const Hours* hours : all) {
    const std::int64_t end = std::min(before, hours->end());
    for (std::int64_t hour = std::max(first, hours->first); hour < end; ++hour) {
      sum.counts[static_cast<std::size_t>(hour - first)] +=
          hours->counts[static_cast<std::size_t>(hour - hours->first)];
    }
  }
  return sum;
}

void TrafficHistory::forget_before(std::int64_t hour) {
  for (auto& [tenant, placements] : tenants_) {
    std::erase_if(placements,
                  [&](const auto& known) { return known.second.end() <= hour - kHours; });
  }
  std::erase_if(tenants_, [](const auto& tenant) { return tenant.second.empty(); });
}

}  // namespace adbacus
