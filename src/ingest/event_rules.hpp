// The rules that turn a draft into an accepted event: times against the receive time, amounts,
// defaults, pseudonyms. Belongs to one thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "enrich/geo/geo_tables.hpp"
#include "ingest/event_decision.hpp"
#include "ingest/event_draft.hpp"
#include "ingest/event_parser.hpp"
#include "ingest/event_references.hpp"
#include "ingest/pseudonym_keys.hpp"
#include "ingest/request_facts.hpp"

namespace adbacus {

// Warning bits of one event.
using WarningBits = std::uint16_t;
static_assert(kWarnings <= 16);
constexpr WarningBits warning_bit(Warning warning) {
  return static_cast<WarningBits>(1U << static_cast<unsigned>(warning));
}

class EventRules {
 public:
  // `facts` of the events that come next.
  void begin_body(const RequestFacts& facts);
  // Completes draft.event; faults are noted on the parser, whose arena gets new texts. Answers the
  // event's warning bits.
  WarningBits apply(const RequestFacts& facts, EventParser& parser, EventDraft& draft);

 private:
  void apply_references();
  void apply_price(const EventReferences::Findings& findings);
  void apply_time();
  void apply_money();
  void apply_device();
  void complete_agent();
  const IpHashKey& ip_hash_key();
  const DayKeys* day_keys();
  void apply_consent();
  void apply_visitor();
  void complete_place(std::string_view ip);
  void apply_geometry();
  void hide_addresses();
  void make_event_id();
  void warn(Warning warning) {
    warnings_ = static_cast<WarningBits>(warnings_ | warning_bit(warning));
  }

  const RequestFacts* facts_ = nullptr;
  EventParser* parser_ = nullptr;
  EventDraft* draft_ = nullptr;
  WarningBits warnings_ = 0;
  EventDecision decision_;
  bool is_decided_ = false;  // by a decision id of the tenant's
  EventReferences references_;
  std::shared_ptr<const GeoSnapshot> geo_;   // null: none is configured
  GeoPlace place_;                           // of the event's address; its texts are the event's
  std::uint8_t denied_ = 0;                  // what the event's privacy signals forbid
  std::shared_ptr<const DayKeys> day_keys_;  // null: not asked for by the body yet
  std::array<std::uint64_t, 64> random_{};   // drawn in one system call for many ids
  std::size_t random_left_ = 0;
};

}  // namespace adbacus
