#include "decision/delivery_history.hpp"

#include <algorithm>
#include <functional>

namespace adbacus {
namespace {

std::string key_of(std::string_view tenant, std::string_view id) {
  std::string key(tenant);
  key.push_back('\n');
  key.append(id);
  return key;
}

}  // namespace

DeliveryHistory::Shard& DeliveryHistory::shard(std::string_view key) {
  return shards_[std::hash<std::string_view>()(key) % kShards];
}

const DeliveryHistory::Shard& DeliveryHistory::shard(std::string_view key) const {
  return shards_[std::hash<std::string_view>()(key) % kShards];
}

std::uint64_t DeliveryHistory::due(const TenantPlan& plan, const PlacementPlan& placement,
                                   TimeUs now_us) {
  const std::string key = key_of(plan.id, placement.id);
  Shard& of_key = shard(key);
  const std::lock_guard lock(of_key.mutex);
  Placement& known = of_key.placements[key];
  ++known.since;
  const TimeUs interval_us =
      std::max(options_.sample_interval_us,
               static_cast<TimeUs>(placement.items.size()) * options_.item_interval_us);
  // A clock that was set back must not end the looking.
  const bool is_due = now_us - known.looked_us >= interval_us || now_us < known.looked_us;
  if (!is_due) return 0;
  known.looked_us = now_us;
  return std::exchange(known.since, 0);
}

void DeliveryHistory::add(const TenantPlan& plan, const std::vector<ItemTrace>& looked_at,
                          std::uint64_t weight, TimeUs now_us) {
  const TimeUs hour_us = floor_to(now_us, kHourUs);
  for (const ItemTrace& item : looked_at) {
    const std::string key = key_of(plan.id, item.item->id);
    Shard& of_key = shard(key);
    const std::lock_guard lock(of_key.mutex);
    std::vector<HourOfDelivery>& hours = of_key.items[key];
    auto at = std::lower_bound(
        hours.begin(), hours.end(), hour_us,
        [](const HourOfDelivery& hour, TimeUs begin_us) { return hour.hour_us < begin_us; });
    if (at == hours.end() || at->hour_us != hour_us) at = hours.insert(at, {.hour_us = hour_us});
    at->counts[static_cast<std::size_t>(item.reason)] += weight;
    const TimeUs oldest_us = hour_us - (options_.hours_max - 1) * kHourUs;
    std::erase_if(hours, [&](const HourOfDelivery& hour) { return hour.hour_us < oldest_us; });
  }
}

std::vector<HourOfDelivery> DeliveryHistory::hours(std::string_view tenant,
                                                   std::string_view line_item_id, TimeUs from_us,
                                                   TimeUs to_us) const {
  const std::string key = key_of(tenant, line_item_id);
  const Shard& of_key = shard(key);
  const std::lock_guard lock(of_key.mutex);
  std::vector<HourOfDelivery> found;
  const auto known = of_key.items.find(key);
  if (known == of_key.items.end()) return found;
  std::copy_if(
      known->second.begin(), known->second.end(), std::back_inserter(found),
      [&](const HourOfDelivery& hour) { return hour.hour_us >= from_us && hour.hour_us < to_us; });
  return found;
}

}  // namespace adbacus
