// How often what was shown is clicked, and what was clicked converts: from net counts, pulled
// towards the tenant's mean while there are few of them. Plain values and pure functions.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/text_hash.hpp"

namespace adbacus {

struct DeliveryCounts {
  std::int64_t impressions = 0;
  std::int64_t clicks = 0;
  std::int64_t conversions = 0;
  void add(const DeliveryCounts& other) {
    impressions += other.impressions;
    clicks += other.clicks;
    conversions += other.conversions;
  }
};

struct ItemRates {
  double ctr = 0;  // clicks per impression
  double cvr = 0;  // conversions per click
};

// Counts of one tenant by line item and by creative, of the last days.
class RateTable {
 public:
  void add(const std::string& line_item_id, const std::string& creative_id,
           const DeliveryCounts& counts);
  // With the tenant's mean as a prior that weighs as much as 1,000 impressions or 100 clicks; a
  // tenant without clicks starts at 1 % and 2 %.
  ItemRates of_item(std::string_view line_item_id) const;
  DeliveryCounts of_creative(std::string_view creative_id) const;
  ItemRates mean() const;

 private:
  using Counts = std::unordered_map<std::string, DeliveryCounts, TextHash, std::equal_to<>>;
  static const DeliveryCounts& find(const Counts& counts, std::string_view id);
  Counts items_;
  Counts creatives_;
  DeliveryCounts all_;
};

}  // namespace adbacus
