// The names an event's fields may have and what is expected of each: the table behind the parser.
// Read-only data, thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

#include "model/event.hpp"

namespace adbacus {

enum class FieldKind : std::uint8_t {
  id,         // 1 to 128 bytes, or a non-negative integer
  person_id,  // an id that must not look like an e-mail address or phone number
  label,      // text of at most 256 bytes: a dimension of reports
  text,       // text within the string limit
  url,        // http(s), at most 2,048 bytes
  country,    // label; two letters are made upper case
  event_type,
  type_name,  // only custom events have one
  tenant,
  time,   // slot: SentTimeSlot
  money,  // slot: MoneySlot; decimal major units
  cents,  // slot: MoneySlot; integer hundredths
  currency,
  status,  // only conversions have one
  placement_key,
  ip,
  geometry,  // slot: 0 to 3 for x, y, w, h
  consent,
  metadata,
  credential,  // a browser's write key: never stored
};

enum TimeSlot : std::uint8_t { slot_ts, slot_timestamp, slot_sent_at };
inline constexpr std::size_t kTimeSlots = 3;
enum MoneySlot : std::uint8_t { slot_value, slot_cost };
inline constexpr std::size_t kMoneySlots = 2;

struct EventField {
  std::string_view name;
  FieldKind kind = FieldKind::text;
  std::string_view Event::*member = nullptr;  // where the text goes, if it is one
  std::uint8_t slot = 0;
};

inline constexpr std::size_t kFieldsMax = 64;  // so that a 64-bit mask can hold those seen
// nullptr: not a field of ours.
const EventField* find_event_field(std::string_view key);
// 0..kFieldsMax-1.
std::size_t event_field_number(const EventField& field);

}  // namespace adbacus
