// What kept line items from being shown, hour by hour: some decisions a second are looked at line
// item by line item and stand for all that were made since the last one. In memory, of the last
// three days; a restart begins anew. Thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "decision/decider.hpp"
#include "decision/elimination.hpp"

namespace adbacus {

struct HourOfDelivery {
  TimeUs hour_us = 0;  // its begin, UTC
  std::array<std::uint64_t, kEliminations> counts = {};
};

struct DeliveryHistoryOptions {
  // Of a placement: between two looks, and at least so much for each of its line items, so that a
  // look costs at most some hundredths of a core however many there are.
  TimeUs sample_interval_us = 100 * kMillisecondUs;
  TimeUs item_interval_us = 50;
  int hours_max = 72;
};

class DeliveryHistory {
 public:
  explicit DeliveryHistory(const DeliveryHistoryOptions& options) : options_(options) {}

  // Counts a decision on the placement; how many decisions a look at this one stands for, 0 if it
  // is not to be looked at.
  std::uint64_t due(const TenantPlan& plan, const PlacementPlan& placement, TimeUs now_us);
  void add(const TenantPlan& plan, const std::vector<ItemTrace>& looked_at, std::uint64_t weight,
           TimeUs now_us);
  // Of one line item, oldest first, hours that begin in [from, to).
  std::vector<HourOfDelivery> hours(std::string_view tenant, std::string_view line_item_id,
                                    TimeUs from_us, TimeUs to_us) const;

 private:
  struct Placement {
    std::uint64_t since = 0;  // decisions since the last one that was looked at
    TimeUs looked_us = INT64_MIN / 2;
  };
  static constexpr std::size_t kShards = 16;
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<std::string, Placement> placements;
    std::unordered_map<std::string, std::vector<HourOfDelivery>> items;
  };
  Shard& shard(std::string_view key);
  const Shard& shard(std::string_view key) const;

  const DeliveryHistoryOptions options_;
  std::array<Shard, kShards> shards_;
};

}  // namespace adbacus
