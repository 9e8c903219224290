// Flags of an event that say what the person's privacy signals forbid (docs/consent.md): bits 11 to
// 15 of Event::flags, beside those of model/event.hpp. Nothing is forbidden where no signal came.
#pragma once

#include "model/event.hpp"

namespace adbacus::event_flag {

inline constexpr unsigned first_denied_bit = 11;
inline constexpr std::uint16_t no_identity = 1U << 11U;     // its user and session id were left out
inline constexpr std::uint16_t no_measurement = 1U << 12U;  // by user
inline constexpr std::uint16_t no_selection = 1U << 13U;    // of ads by caps or place
inline constexpr std::uint16_t no_personalisation = 1U << 14U;  // of ads
inline constexpr std::uint16_t no_outbound = 1U << 15U;         // sending to others
static_assert(first_denied_bit > 10 && declared_bot == 1U << 10U);

}  // namespace adbacus::event_flag
