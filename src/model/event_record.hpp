// Constants of the event record (docs/formats/event_record.md), for its encoder and its decoder.
#pragma once

namespace adbacus {

inline constexpr unsigned char kRecordVersion = 1;

// Bits of the shape byte: which numbers follow.
namespace record_shape {
inline constexpr unsigned has_value = 1U << 0U;
inline constexpr unsigned has_cost = 1U << 1U;
inline constexpr unsigned has_sent_time = 1U << 2U;
inline constexpr unsigned has_offset = 1U << 3U;
inline constexpr unsigned has_flags = 1U << 4U;
inline constexpr unsigned time_in_ms = 1U << 5U;
inline constexpr unsigned all = 0x3f;
}  // namespace record_shape

}  // namespace adbacus
