// How one line item of a priority is preferred to another. Pure.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace adbacus {

enum class Ranking : std::uint8_t {
  by_default,    // as the tenant says, or else the server
  weighted_bid,  // by chance, in proportion to the bids
  priority,      // by chance, all alike: nothing but the priorities decides
  ecpm,          // the highest expected value per impression
  thompson,      // as weighted_bid; creatives by Thompson sampling, whatever their rotation says
};

inline constexpr std::array<std::string_view, 5> kRankingNames{"default", "weighted_bid",
                                                               "priority", "ecpm", "thompson"};

constexpr std::string_view ranking_name(Ranking ranking) {
  return kRankingNames[static_cast<std::size_t>(ranking)];
}
// "default" is none.
constexpr std::optional<Ranking> parse_ranking(std::string_view name) {
  const auto* const found = std::find(kRankingNames.begin() + 1, kRankingNames.end(), name);
  if (found == kRankingNames.end()) return std::nullopt;
  return static_cast<Ranking>(found - kRankingNames.begin());
}

}  // namespace adbacus
