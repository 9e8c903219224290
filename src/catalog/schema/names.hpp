// What the values of choices are called, shared by the schemas. Constant data.
#pragma once

#include <array>
#include <string_view>

namespace adbacus::names {

// A new object may be the first three.
inline constexpr std::array<std::string_view, 4> kLifeStatus{"DRAFT", "ACTIVE", "PAUSED", "ENDED"};
inline constexpr std::size_t kNewLifeStatuses = 3;
inline constexpr std::array<std::string_view, 2> kSwitchStatus{"ACTIVE", "PAUSED"};
inline constexpr std::array<std::string_view, 4> kGoalMetric{"impressions", "clicks", "conversions",
                                                             "revenue"};
inline constexpr std::array<std::string_view, 2> kGoalPeriod{"daily", "lifetime"};
inline constexpr std::array<std::string_view, 3> kPricing{"cpm", "cpc", "cpa"};
inline constexpr std::array<std::string_view, 3> kPacingMode{"STANDARD", "ACCELERATED",
                                                             "FRONTLOADED"};
inline constexpr std::array<std::string_view, 3> kRotation{"weighted", "even", "optimised"};
inline constexpr std::array<std::string_view, 5> kAdType{"display", "native", "video", "audio",
                                                         "text"};
inline constexpr std::array<std::string_view, 6> kAttributionModel{
    "last_click", "first_click", "last_touch", "linear", "time_decay", "position_based"};
inline constexpr std::array<std::string_view, 3> kExperimentLevel{"campaign", "creative",
                                                                  "ranking"};
inline constexpr std::array<std::string_view, 5> kRole{"owner", "admin", "analyst", "viewer",
                                                       "sender"};

}  // namespace adbacus::names
