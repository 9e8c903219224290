// The rules that turn a draft into an accepted event: times against the receive time, amounts,
// defaults, pseudonyms. Belongs to one thread.
#pragma once

#include <array>
#include <cstdint>

#include "ingest/event_draft.hpp"
#include "ingest/event_parser.hpp"
#include "ingest/request_facts.hpp"

namespace adbacus {

// Warning bits of one event.
constexpr std::uint8_t warning_bit(Warning warning) {
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(warning));
}

class EventRules {
 public:
  // Completes draft.event; faults are noted on the parser, whose arena gets new texts. Answers the
  // event's warning bits.
  std::uint8_t apply(const RequestFacts& facts, EventParser& parser, EventDraft& draft);

 private:
  void apply_time();
  void apply_money();
  void apply_device();
  void apply_geometry();
  void hide_addresses();
  void make_event_id();
  void warn(Warning warning) {
    warnings_ = static_cast<std::uint8_t>(warnings_ | warning_bit(warning));
  }

  const RequestFacts* facts_ = nullptr;
  EventParser* parser_ = nullptr;
  EventDraft* draft_ = nullptr;
  std::uint8_t warnings_ = 0;
  std::array<std::uint64_t, 64> random_{};  // drawn in one system call for many ids
  std::size_t random_left_ = 0;
};

}  // namespace adbacus
