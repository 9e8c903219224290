// The names an event's fields may have and what is expected of each: the table behind the parser.
// Read-only data, thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/short_text.hpp"
#include "model/event.hpp"

namespace adbacus {

enum class FieldKind : std::uint8_t {
  id,           // 1 to 128 bytes, or a non-negative integer
  decision_id,  // as an id, but up to kDecisionIdBytesMax
  person_id,    // an id that must not look like an e-mail address or phone number
  label,        // text of at most 256 bytes: a dimension of reports
  text,         // text within the string limit
  url,          // http(s), at most 2,048 bytes
  country,      // label; two letters are made upper case
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
  agent_hints,  // the object `sua` of OpenRTB
  geometry,     // slot: 0 to 3 for x, y, w, h
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

// A perfect hash over the first eight bytes and the length, found by the compiler.
struct FieldTable {
  static constexpr std::size_t kSlotBits = 9;
  struct Slot {
    std::uint64_t first = 0;  // first and last eight bytes (or all) of the name
    std::uint64_t last = 0;
    std::uint8_t size = 0;
    std::uint8_t number = 0;
  };
  std::array<Slot, 1U << kSlotBits> slots{};
  std::uint64_t multiplier = 0;

  static constexpr std::size_t slot_of(std::uint64_t first, std::size_t size,
                                       std::uint64_t multiplier) {
    return ((first ^ (static_cast<std::uint64_t>(size) << 56U)) * multiplier) >> (64 - kSlotBits);
  }
};
extern const FieldTable kFieldTable;
extern const EventField kEventFields[];

// Whether `slot` is the key's; `first` is first_word(key).
inline bool is_key_of(const FieldTable::Slot& slot, std::string_view key, std::uint64_t first) {
  if (slot.size != key.size() || slot.first != first) return false;
  if (key.size() <= 8) return true;
  std::uint64_t last = 0;
  std::memcpy(&last, key.data() + key.size() - 8, 8);
  return slot.last == last;
}
// The only slot that may be the key's.
inline const FieldTable::Slot& event_field_slot(std::string_view key, std::uint64_t first) {
  return kFieldTable.slots[FieldTable::slot_of(first, key.size(), kFieldTable.multiplier)];
}
// nullptr: not a field of ours.
inline const EventField* find_event_field(std::string_view key, std::uint64_t first) {
  const FieldTable::Slot& slot = event_field_slot(key, first);
  return is_key_of(slot, key, first) ? &kEventFields[slot.number] : nullptr;
}
// 0..kFieldsMax-1.
inline std::size_t event_field_number(const EventField& field) {
  return static_cast<std::size_t>(&field - kEventFields);
}

}  // namespace adbacus
