// The short way through an event of the usual shape: known fields, flat metadata, no escapes,
// nothing wrong. What it reads is what EventParser would read; for anything else it says no, and
// the parser goes the long way, which knows every rule and names every fault. Belongs to one
// parser.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "ingest/event_draft.hpp"
#include "ingest/json_index.hpp"
#include "ingest/request_facts.hpp"
#include "model/event_codec.hpp"

namespace adbacus {

class EventShortcut {
 public:
  // `damaged`: the body has bytes that make strings invalid; `escapes`: it has backslashes.
  void begin_body(const JsonTokens& tokens, bool damaged, bool escapes);
  // The object at token `at`, inside `depth` open brackets. True: `draft`, which must be new, is
  // complete and `at` moved behind the object. False: the draft is of no use.
  bool read(const JsonTokens& tokens, std::uint32_t& at, unsigned depth, const RequestFacts& facts,
            Arena& arena, EventDraft& draft);

 private:
  struct Key {
    std::string_view text;
    std::uint64_t first = 0;  // its first_word()
  };
  struct Scalar {
    std::string_view text;
    bool is_string = false;
    bool is_digits = false;
  };
  // Fields that wait for the event type, or for the others.
  struct Late {
    std::string_view status;
    std::string_view device, country, os, browser, region, city;  // of the metadata
  };
  // `tokens` by value: a local copy stays in registers. What every member runs through is inlined
  // by force, because its calls cost as much as its work.
  bool read_members(JsonTokens tokens, std::uint32_t& at);
  [[gnu::always_inline]] static bool take_key(JsonTokens tokens, std::uint32_t at, Key& key);
  [[gnu::always_inline]] static bool take_scalar(JsonTokens tokens, std::uint32_t at,
                                                 Scalar& value);
  [[gnu::always_inline]] const FieldTable::Slot* find_slot(const Key& key, std::size_t member);
  static bool take_odd_scalar(Scalar& value);
  [[gnu::always_inline]] bool take_field(const EventField& field, const Scalar& value);
  bool take_rare_field(const EventField& field, const Scalar& value);
  bool take_metadata(JsonTokens tokens, std::uint32_t& at);
  void note_metadata(const Key& key, std::string_view text);
  bool take_time(const EventField& field, const Scalar& value);
  bool take_money(const EventField& field, const Scalar& value);
  inline bool set_text(const EventField& field, std::string_view text);
  bool is_pii(const Scalar& value) const;
  bool resolve();

  // Of the body.
  bool escapes_ = false;
  bool damaged_ = true;
  bool at_signs_ = false;
  // Of the event being read.
  const RequestFacts* facts_ = nullptr;
  Arena* arena_ = nullptr;
  EventDraft* draft_ = nullptr;
  Late late_;
  // Fields in the order in which the last event had them: a sender's events mostly agree in it.
  std::array<const FieldTable::Slot*, kFieldsMax> order_{};
  // Senders whose events never fit are left alone for a while.
  unsigned misses_ = 0;
  unsigned pause_events_ = 0;
  // The minute that times began with lately, "2026-11-21T12:00".
  std::array<char, 16> minute_{};
  TimeUs minute_us_ = 0;
};

}  // namespace adbacus
