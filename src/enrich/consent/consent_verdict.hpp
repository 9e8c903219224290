// What a person's privacy signals forbid, as one set of bits an event. TCF, GPP, US privacy, GPC,
// LMT and COPPA are read once, where an event or request comes in. docs/consent.md has the table.
// Pure functions, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "model/consent_flags.hpp"

namespace adbacus {

// What the sender says. Texts are views; empty, nullopt and false: not said.
struct ConsentSignals {
  std::optional<bool> gdpr = {};
  std::string_view tcf = {};
  std::string_view gpp = {};
  std::string_view gpp_sid = {};  // ids with anything but digits between them
  std::string_view us_privacy = {};
  bool gpc = false;
  bool coppa = false;
  bool lmt = false;
  std::optional<bool> ad_user_data = {};
  std::optional<bool> ad_personalization = {};
};
// "granted", "denied", and what ends in them; nullopt: another word.
std::optional<bool> parse_grant(std::string_view word);

// Bits: what must not be done. An event has the first five as flags.
namespace denied {
inline constexpr std::uint8_t identity = 1U << 0U;     // keep user and session ids, count by user
inline constexpr std::uint8_t measurement = 1U << 1U;  // attribute by user, count users
inline constexpr std::uint8_t selection = 1U << 2U;    // caps and places in decisions
inline constexpr std::uint8_t personalisation = 1U << 3U;  // segments in decisions
inline constexpr std::uint8_t outbound = 1U << 4U;         // send conversions to others
inline constexpr std::uint8_t cross_context = 1U << 5U;    // keep ids that others gave the person
inline constexpr std::uint8_t all = 0x3f;
// Of children: a place that is not exact may choose ads.
inline constexpr std::uint8_t child = all & ~selection;
inline constexpr std::uint8_t flagged = 0x1f;
}  // namespace denied
constexpr std::uint16_t flags_of_denied(std::uint8_t bits) {
  return static_cast<std::uint16_t>((bits & denied::flagged) << event_flag::first_denied_bit);
}
static_assert(flags_of_denied(denied::identity) == event_flag::no_identity);
static_assert(flags_of_denied(denied::measurement) == event_flag::no_measurement);
static_assert(flags_of_denied(denied::selection) == event_flag::no_selection);
static_assert(flags_of_denied(denied::personalisation) == event_flag::no_personalisation);
static_assert(flags_of_denied(denied::outbound) == event_flag::no_outbound);

enum class GdprDefault : std::uint8_t {
  automatic,  // where a TCF string is sent or the address is in the EEA, the UK or Switzerland
  applies,    // unless the sender says it does not
  never,      // unless the sender says it does
};

struct ConsentRules {
  GdprDefault gdpr_default = GdprDefault::automatic;
  // Our number in IAB's list of vendors, whose bit must be set; 0: no bit is looked at.
  std::uint16_t tcf_vendor_id = 0;
};

// Where the person is, as far as that decides whether GDPR applies when nobody says so.
enum class GdprPlace : std::uint8_t { outside, inside, unknown };
// Of an ISO 3166-1 alpha-2 code; "" is unknown.
GdprPlace gdpr_place(std::string_view country);

// `denied` bits. `unknown_is_inside`: for an address of unknown place, as of browsers if there is
// a file of places.
std::uint8_t judge_consent(const ConsentSignals& signals, const ConsentRules& rules,
                           GdprPlace place, bool unknown_is_inside);

}  // namespace adbacus
