#include "ingest/event_parser.hpp"

#include <algorithm>
#include <charconv>
#include <memory>

#include "ingest/consent_text.hpp"
#include "ingest/letter_case.hpp"
#include "ingest/metadata_text.hpp"
#include "model/currency.hpp"
#include "model/id_shape.hpp"
#include "model/money.hpp"

namespace adbacus {
namespace {

constexpr std::int32_t kPixelsMax = 1'000'000;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_integer(std::string_view text) {
  if (!text.empty() && text.front() == '-') text.remove_prefix(1);
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

template <class Int>
bool parse_int(std::string_view text, Int& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

// The functions for each member are inline: parse() is their only caller, and their calls would
// cost as much as their work.
inline bool EventParser::on_member(std::string_view key, std::uint64_t word,
                                   std::uint32_t key_token) {
  const EventField* field = find_event_field(key, word);
  if (field == nullptr) {
    walk_.note_key(key, key_word(key, word), 0);
    return take_unknown(key, key_token);
  }
  const std::uint64_t bit = 1ULL << event_field_number(*field);
  if ((seen_ & bit) != 0)
    walk_.reject(RejectCode::duplicate_key, "this key stands twice in its object");
  seen_ |= bit;
  return on_field(*field, key_token);
}

bool EventParser::take_unknown(std::string_view key, std::uint32_t key_token) {
  has_ip_name_ = has_ip_name_ || is_ip_name(key);
  const std::uint32_t value = walk_.at();
  if (!walk_.skip_checked()) return false;
  extra_.push_back({key_token, value, walk_.at()});
  return true;
}

inline bool EventParser::on_field(const EventField& field, std::uint32_t key_token) {
  const std::uint32_t value_token = walk_.at();
  const char c = walk_.kind();
  JsonValue value;
  if (c == '"') {
    value.kind = JsonKind::string;
    walk_.take_string(value.text);
  } else if (is_digit(c) && walk_.take_digits(value.text)) {
    value.kind = JsonKind::number;
  } else if (c == '{' && field.kind == FieldKind::metadata) {
    if (!take_metadata()) return false;
    metadata_ = {key_token, value_token, walk_.at()};
    return true;
  } else if (c == '{' && field.kind == FieldKind::consent) {
    return take_consent();
  } else if (c == '{' && field.kind == FieldKind::agent_hints) {
    return take_agent_hints();
  } else {
    if (!walk_.take(value)) return false;
    if (value.kind == JsonKind::null || value.kind == JsonKind::malformed) return true;
  }
  // These two are kept as tokens until the event type is known.
  if (field.kind == FieldKind::type_name) {
    name_ = {key_token, value_token, walk_.at()};
  } else if (field.kind == FieldKind::status) {
    status_ = {key_token, value_token, walk_.at()};
  } else {
    on_value(field, value);
  }
  return true;
}

// Remembers the members; those that also count as an event's field are noted on the way.
bool EventParser::take_metadata() {
  noted_ = NotedTexts();
  const std::size_t base = walk_.keys_noted();
  const bool good =
      walk_.walk_object([&](std::string_view key, std::uint64_t first, std::uint32_t key_token) {
        const std::uint64_t word = key_word(key, first);
        walk_.note_key(key, word, base);
        has_ip_name_ = has_ip_name_ || is_ip_name(key);
        const std::uint32_t value = walk_.at();
        if (walk_.kind() == '"') {
          std::string_view text;
          walk_.take_string(text);
          note_metadata_text(word, text);
        } else if (!walk_.skip_checked()) {
          return false;
        }
        metadata_members_.push_back({key_token, value, walk_.at()});
        return true;
      });
  walk_.forget_keys(base);
  return good;
}

bool EventParser::take_consent() {
  const std::size_t base = walk_.keys_noted();
  const bool good =
      walk_.walk_object([&](std::string_view key, std::uint64_t first, std::uint32_t key_token) {
        walk_.note_key(key, key_word(key, first), base);
        const std::uint32_t value = walk_.at();
        if (!walk_.skip_checked()) return false;
        consent_members_.push_back({key_token, value, walk_.at()});
        return true;
      });
  walk_.forget_keys(base);
  if (!good || faulty()) return good;
  draft_->event.consent = consent_text(walk_, consent_members_, facts_->gpc, consent_);
  draft_->consent = &consent_;
  return good;
}

void EventParser::note_metadata_text(std::uint64_t word, std::string_view text) {
  if (text.size() > kLabelBytesMax) return;
  switch (word) {
    case short_key_word("device"):
      noted_.device = text;
      break;
    case short_key_word("country"):
      noted_.country = normal_country(text, walk_.arena());
      break;
    case short_key_word("os"):
      noted_.os = text;
      break;
    case short_key_word("browser"):
      noted_.browser = text;
      break;
    case short_key_word("region"):
      noted_.region = text;
      break;
    case short_key_word("city"):
      noted_.city = text;
      break;
  }
}

inline void EventParser::on_value(const EventField& field, const JsonValue& value) {
  std::string_view text;
  switch (field.kind) {
    case FieldKind::id:
    case FieldKind::decision_id:
      if (take_id(value, field.kind == FieldKind::id ? kIdBytesMax : kDecisionIdBytesMax, text))
        set_text(field, text);
      break;
    case FieldKind::person_id:
      if (!take_id(value, kIdBytesMax, text)) break;
      if (value.kind == JsonKind::string && looks_like_pii(text))
        walk_.reject(RejectCode::pii_in_id, "looks like an e-mail address or phone number");
      set_text(field, text);
      break;
    case FieldKind::label:
      if (take_text(value, kLabelBytesMax, text)) set_text(field, text);
      break;
    case FieldKind::text:
      if (take_text(value, kStringBytesMax, text)) set_text(field, text);
      break;
    case FieldKind::country:
      if (take_text(value, kLabelBytesMax, text))
        set_text(field, normal_country(text, walk_.arena()));
      break;
    case FieldKind::url:
      set_url(field, value);
      break;
    case FieldKind::event_type:
      draft_->has_type = take_text(value, kLabelBytesMax, draft_->type_text);
      break;
    case FieldKind::tenant:
      if (take_id(value, kIdBytesMax, text) && text != facts_->tenant->id)
        walk_.reject(RejectCode::tenant_mismatch, "the credential belongs to another tenant");
      break;
    case FieldKind::time:
      set_time(field, value);
      break;
    case FieldKind::money:
    case FieldKind::cents:
      set_money(field, value);
      break;
    case FieldKind::currency:
      set_currency(value);
      break;
    case FieldKind::placement_key:
      take_id(value, kIdBytesMax, draft_->placement_key);
      break;
    case FieldKind::ip:
      if (!take_text(value, kLabelBytesMax, text) || text.empty()) break;
      if (!draft_->ip.empty() && draft_->ip != text)
        walk_.reject(RejectCode::conflicting_fields, "differs from the other form of this field");
      draft_->ip = text;
      break;
    case FieldKind::geometry:
      set_geometry(field, value);
      break;
    case FieldKind::agent_hints:
    case FieldKind::consent:
    case FieldKind::metadata:
      walk_.reject(RejectCode::invalid_type, "must be an object");
      break;
    case FieldKind::credential:
    case FieldKind::type_name:
    case FieldKind::status:
      break;
  }
}

inline bool EventParser::take_text(const JsonValue& value, std::size_t bytes_max,
                                   std::string_view& out) {
  if (value.kind != JsonKind::string) {
    walk_.reject(RejectCode::invalid_type, "must be a string");
    return false;
  }
  if (value.text.size() > bytes_max)
    walk_.reject(RejectCode::string_too_long, "at most 256 bytes in this field");
  out = value.text;
  return true;
}

inline bool EventParser::take_id(const JsonValue& value, std::size_t bytes_max,
                                 std::string_view& out) {
  out = value.text;
  if (value.kind == JsonKind::string) {
    if (!out.empty() && out.size() <= bytes_max) return true;
    walk_.reject(RejectCode::invalid_id, "an id has 1 to 128 bytes");
    return false;
  }
  if (value.kind != JsonKind::number) {
    walk_.reject(RejectCode::invalid_type, "must be a string or an integer");
    return false;
  }
  if (std::all_of(out.begin(), out.end(), is_digit)) return true;
  walk_.reject(RejectCode::invalid_id, "an id may be an integer, but not a fraction or negative");
  return false;
}

// Empty text counts as not sent; two names of one field must agree.
inline void EventParser::set_text(const EventField& field, std::string_view text) {
  if (text.empty()) return;
  std::string_view& member = draft_->event.*field.member;
  if (!member.empty() && member != text)
    walk_.reject(RejectCode::conflicting_fields, "differs from the other form of this field");
  member = text;
}

void EventParser::set_url(const EventField& field, const JsonValue& value) {
  std::string_view text;
  if (!take_text(value, kStringBytesMax, text) || text.empty()) return;
  if (text.size() > kUrlBytesMax) {
    walk_.reject(RejectCode::invalid_url, "a URL has at most 2,048 bytes");
  } else if (!valid_web_url(text)) {
    walk_.reject(RejectCode::invalid_url, "must be an http or https URL");
  }
  set_text(field, text);
}

void EventParser::set_time(const EventField& field, const JsonValue& value) {
  DraftTime& out = draft_->times[field.slot];
  if (value.kind != JsonKind::string && value.kind != JsonKind::number) {
    walk_.reject(RejectCode::invalid_type, "must be ISO 8601 text or epoch milliseconds");
    return;
  }
  const auto parsed = value.kind == JsonKind::string
                          ? parse_time_text(value.text, facts_->epoch_units())
                          : parse_epoch(value.text, facts_->epoch_units());
  if (!parsed) {
    walk_.reject(RejectCode::invalid_timestamp,
                 facts_->strict ? "must be ISO 8601 text or epoch milliseconds"
                                : "must be ISO 8601 text or an epoch number from 1970 to 9999");
    return;
  }
  out = {true, *parsed};
  const DraftTime& other = draft_->times[field.slot == slot_ts ? slot_timestamp : slot_ts];
  if (field.slot != slot_sent_at && other.sent && other.time.us != out.time.us)
    walk_.reject(RejectCode::conflicting_fields, "differs from the other form of this field");
}

void EventParser::set_money(const EventField& field, const JsonValue& value) {
  if (value.kind != JsonKind::string && value.kind != JsonKind::number) {
    walk_.reject(RejectCode::invalid_type, "must be a number");
    return;
  }
  DraftMoney parsed{true, 0, field.name};
  bool good = false;
  if (field.kind == FieldKind::cents) {
    std::int64_t cents = 0;
    if (is_integer(value.text) && parse_int(value.text, cents)) {
      const auto micros = micros_from_cents(cents);
      good = static_cast<bool>(micros);
      if (good) parsed.micros = *micros;
    }
  } else if (const auto money = parse_money(value.text); money) {
    good = true;
    parsed.micros = money->micros;
    draft_->money_rounded = draft_->money_rounded || money->rounded;
  }
  if (!good) {
    walk_.reject(RejectCode::invalid_value, field.kind == FieldKind::cents
                                                ? "must be an integer number of cents"
                                                : "must be a decimal amount up to 10^12");
    return;
  }
  DraftMoney& out = draft_->money[field.slot];
  if (out.sent && out.micros != parsed.micros)
    walk_.reject(RejectCode::conflicting_fields, "differs from the other form of this field");
  out = parsed;
}

void EventParser::set_currency(const JsonValue& value) {
  std::string_view text;
  if (!take_text(value, kLabelBytesMax, text) || text.empty()) return;
  if (!valid_currency(text)) text = upper_case(text, walk_.arena());
  if (!valid_currency(text))
    walk_.reject(RejectCode::invalid_currency, "must be an ISO 4217 code like EUR");
  draft_->event.currency = text;
}

void EventParser::set_geometry(const EventField& field, const JsonValue& value) {
  std::int32_t pixels = 0;
  const bool size = field.slot >= 2;
  if (value.kind != JsonKind::number) {
    walk_.reject(RejectCode::invalid_type, "must be an integer number of CSS pixels");
  } else if (!parse_int(value.text, pixels) || pixels > kPixelsMax || pixels < -kPixelsMax ||
             (size && pixels < 0)) {
    walk_.reject(RejectCode::invalid_geometry, "must be an integer number of CSS pixels");
  }
  draft_->geometry[field.slot] = pixels;
  draft_->geometry_sent = static_cast<std::uint8_t>(draft_->geometry_sent | (1U << field.slot));
}

bool EventParser::parse(const JsonTokens& tokens, std::uint32_t& at, unsigned depth,
                        const RequestFacts& facts, EventDraft& draft) {
  walk_.begin_event(tokens, at, depth);
  draft_ = &draft;
  facts_ = &facts;
  start_draft();
  if (way_ == ParserWay::any) {
    if (shortcut_.read(tokens, at, depth, facts, walk_.arena(), draft)) return true;
    start_draft();
  }
  return parse_any(tokens, at);
}

void EventParser::start_draft() {
  std::destroy_at(draft_);  // cheaper than assigning an empty one
  std::construct_at(draft_);
}

bool EventParser::parse_any(const JsonTokens& tokens, std::uint32_t& at) {
  seen_ = 0;
  has_ip_name_ = false;
  name_ = status_ = metadata_ = JsonMember();
  metadata_members_.clear();
  consent_members_.clear();
  extra_.clear();
  const std::size_t begin = tokens.position(at);
  if (walk_.kind() != '{') {
    if (!walk_.skip_checked()) return false;
    walk_.reject_at({}, RejectCode::invalid_type, "an event is a JSON object");
    at = walk_.at();
    return true;
  }
  const bool good =
      walk_.walk_object([this](std::string_view key, std::uint64_t word, std::uint32_t key_token) {
        return on_member(key, word, key_token);
      });
  if (!good) return false;
  at = walk_.at();
  if (tokens.end(at - 1) - begin > kEventBytesMax)
    walk_.reject_at({}, RejectCode::event_too_large, "an event has at most 64 KiB");
  if (faulty()) return true;
  resolve_type();
  resolve_late_fields();
  build_metadata();
  return true;
}

}  // namespace adbacus
