// How many requests each placement got, hour by hour, over the last four weeks: what its curve is
// learned from. Four bytes an hour and placement. An object belongs to one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "decision/traffic_curve.hpp"

namespace adbacus {

class TrafficHistory {
 public:
  static constexpr std::int64_t kHours = 28 * 24;

  // `hour` since 1970, UTC. What is four weeks older than the newest is passed over.
  void add(std::string_view tenant, std::string_view placement_id, std::int64_t hour,
           std::uint64_t requests);
  void add(const TrafficHistory& other);
  // Of several placements together, of whole hours only: from the hour behind the first one that
  // any of them had, up to `before`, excluded.
  RequestHours sum(std::string_view tenant, const std::vector<std::string_view>& placement_ids,
                   std::int64_t before) const;
  // Forgets placements without a request in the four weeks before `hour`.
  void forget_before(std::int64_t hour);

 private:
  struct Hours {
    std::int64_t first = 0;
    std::vector<std::uint32_t> counts = {};
    std::int64_t end() const { return first + static_cast<std::int64_t>(counts.size()); }
    void add(std::int64_t hour, std::uint64_t requests);
  };
  // By tenant, then placement.
  std::map<std::string, std::map<std::string, Hours, std::less<>>, std::less<>> tenants_;
};

}  // namespace adbacus
