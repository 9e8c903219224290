// Reads the fields of one event out of a body's tokens into an EventDraft. One pass; plain strings
// and numbers stay views of the body. Belongs to one thread and is reused from event to event, so
// that nothing is allocated once its buffers have grown.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ingest/event_draft.hpp"
#include "ingest/event_shortcut.hpp"
#include "ingest/json_walk.hpp"
#include "ingest/request_facts.hpp"

namespace adbacus {

// Both ways read the same; the second exists alone so that tests can compare them.
enum class ParserWay : std::uint8_t { any, long_way };

class EventParser {
 public:
  explicit EventParser(ParserWay way) : way_(way) {}
  void begin_body(const JsonTokens& tokens, const std::vector<BadByte>& bad) {
    walk_.begin_body(tokens, bad);
    shortcut_.begin_body(tokens, !bad.empty(), walk_.has_escapes());
  }
  // The object at token `at`, inside `depth` open brackets; `at` moves behind it. False: not JSON.
  // Otherwise look at faulty() before the draft. The draft lives until the next call.
  bool parse(const JsonTokens& tokens, std::uint32_t& at, unsigned depth, const RequestFacts& facts,
             EventDraft& draft);

  bool faulty() const { return walk_.faulty(); }
  const Fault& fault() const { return walk_.fault(); }
  void reject_at(std::string_view pointer, RejectCode code, std::string_view detail) {
    walk_.reject_at(pointer, code, detail);
  }
  Arena& arena() { return walk_.arena(); }

 private:
  void start_draft();
  bool parse_any(const JsonTokens& tokens, std::uint32_t& at);
  inline bool on_member(std::string_view key, std::uint64_t word, std::uint32_t key_token);
  inline bool on_field(const EventField& field, std::uint32_t key_token);
  bool take_metadata();
  bool take_consent();
  bool take_agent_hints();
  void note_metadata_text(std::uint64_t word, std::string_view text);
  inline void on_value(const EventField& field, const JsonValue& value);
  bool take_unknown(std::string_view key, std::uint32_t key_token);

  inline bool take_text(const JsonValue& value, std::size_t bytes_max, std::string_view& out);
  inline bool take_id(const JsonValue& value, std::size_t bytes_max, std::string_view& out);
  inline void set_text(const EventField& field, std::string_view text);
  void set_url(const EventField& field, const JsonValue& value);
  void set_time(const EventField& field, const JsonValue& value);
  void set_money(const EventField& field, const JsonValue& value);
  void set_currency(const JsonValue& value);
  void set_geometry(const EventField& field, const JsonValue& value);

  void resolve_type();
  void resolve_late_fields();
  void build_metadata();

  // Members of metadata that count as an event's field if it has none of its own.
  struct NotedTexts {
    std::string_view device, country, os, browser, region, city;
  };

  const ParserWay way_;
  EventShortcut shortcut_;
  JsonWalk walk_;
  const RequestFacts* facts_ = nullptr;
  EventDraft* draft_ = nullptr;
  std::uint64_t seen_ = 0;    // bit per known field
  bool has_ip_name_ = false;  // metadata or an unknown field may hold a raw address
  // Fields whose meaning depends on the event type, which may come behind them.
  JsonMember name_;
  JsonMember status_;
  JsonMember metadata_;
  NotedTexts noted_;  // in use only if metadata_ is
  std::vector<JsonMember> metadata_members_;
  std::vector<JsonMember> consent_members_;
  ConsentSignals consent_;
  std::vector<JsonMember> extra_;  // fields that are not ours
};

// Case-insensitive; false if unknown.
bool built_in_event_type(std::string_view text, EventType& out);

}  // namespace adbacus
