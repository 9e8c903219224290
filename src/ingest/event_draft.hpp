// What the fields of one event say, before the rules that need several of them or the clock.
// Made by the event parser, finished by the event rules. Texts are views into the body or an arena.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "enrich/consent/consent_verdict.hpp"
#include "ingest/event_field.hpp"
#include "model/event.hpp"
#include "model/event_time.hpp"

namespace adbacus {

inline constexpr std::size_t kLabelBytesMax = 256;
inline constexpr std::size_t kEventBytesMax = 64 * 1024;

struct DraftTime {
  bool sent = false;
  SentTime time;
};
struct DraftMoney {
  bool sent = false;
  std::int64_t micros = 0;
  std::string_view field;  // the name it was sent under
};

struct EventDraft {
  Event event;
  bool has_type = false;
  std::string_view type_text;
  std::string_view placement_key;
  std::array<DraftTime, kTimeSlots> times{};
  std::array<DraftMoney, kMoneySlots> money{};
  bool money_rounded = false;
  std::string_view ip;                      // raw: never stored
  std::string_view sua;                     // client hints as JSON; not stored
  const ConsentSignals* consent = nullptr;  // of the parser; null: not sent
  std::array<std::int32_t, 4> geometry{};
  std::uint8_t geometry_sent = 0;  // bits
};

}  // namespace adbacus
