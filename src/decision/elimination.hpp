// Why a line item was not shown: the first reason in this order. Names are part of the API
// (docs/api/decisions.md). Pure.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace adbacus {

enum class Elimination : std::uint8_t {
  none,  // it was shown
  placement_unknown,
  not_active,
  currency,  // of its campaign: not the tenant's, so its bid cannot be compared
  schedule,
  not_bound,
  no_creative,
  size,
  targeting,
  blocked,
  consent,
  frequency_cap,
  budget,
  pacing,
  floor,
  outranked,
};
inline constexpr std::size_t kEliminations = 16;

constexpr std::string_view elimination_name(Elimination reason) {
  constexpr std::array<std::string_view, kEliminations> kNames{
      "selected",  "placement_unknown", "not_active", "currency",  "schedule",
      "not_bound", "no_creative",       "size",       "targeting", "blocked",
      "consent",   "frequency_cap",     "budget",     "pacing",    "floor",
      "outranked"};
  return kNames[static_cast<std::size_t>(reason)];
}

}  // namespace adbacus
