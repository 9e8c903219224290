#include "ingest/event_shortcut.hpp"

#include <algorithm>
#include <cstring>

#include "base/digit_word.hpp"
#include "base/short_text.hpp"
#include "ingest/event_parser.hpp"
#include "ingest/json_text.hpp"
#include "ingest/letter_case.hpp"
#include "ingest/metadata_text.hpp"
#include "model/currency.hpp"
#include "model/id_shape.hpp"
#include "model/money.hpp"

namespace adbacus {
namespace {

constexpr unsigned kDepthMax = 8;  // far below the walk's own limit
constexpr unsigned kMissesMax = 5;
constexpr std::size_t kMetadataKeysMax = 16;

bool contains(std::string_view text, char c) {
  return !text.empty() && std::memchr(text.data(), c, text.size()) != nullptr;
}

unsigned digit(char c) {
  return static_cast<unsigned>(c - '0');
}

}  // namespace

void EventShortcut::begin_body(const JsonTokens& tokens, bool damaged, bool escapes) {
  damaged_ = damaged;
  escapes_ = escapes;
  at_signs_ = contains({tokens.text(), tokens.limit()}, '@');
}

bool EventShortcut::read(const JsonTokens& tokens, std::uint32_t& at, unsigned depth,
                         const RequestFacts& facts, Arena& arena, EventDraft& draft) {
  if (damaged_ || depth > kDepthMax) return false;
  if (pause_events_ > 0) {
    --pause_events_;
    return false;
  }
  facts_ = &facts;
  arena_ = &arena;
  draft_ = &draft;
  late_ = Late();
  std::uint32_t end = at;
  if (read_members(tokens, end) && resolve()) {
    misses_ = 0;
    at = end;
    return true;
  }
  misses_ = std::min(misses_ + 1, kMissesMax);
  pause_events_ = (1U << misses_) - 2;
  return false;
}

bool EventShortcut::read_members(JsonTokens tokens, std::uint32_t& at) {
  const std::size_t begin = tokens.position(at);
  if (tokens.kind(at) != '{') return false;
  std::uint64_t seen = 0;
  ++at;
  for (std::size_t member = 0; member < order_.size(); ++member, ++at) {
    Key key;
    if (!take_key(tokens, at, key)) return false;
    const FieldTable::Slot* const slot = find_slot(key, member);
    if (slot == nullptr) return false;
    const EventField* const field = &kEventFields[slot->number];
    const std::uint64_t bit = 1ULL << slot->number;
    if ((seen & bit) != 0) return false;
    seen |= bit;
    if (field->kind == FieldKind::metadata) {
      at += 2;
      if (!take_metadata(tokens, at)) return false;
    } else {
      Scalar value;
      if (!take_scalar(tokens, at + 2, value) || !take_field(*field, value)) return false;
      at += 3;
    }
    const char behind = tokens.kind(at);
    if (behind == ',') continue;
    if (behind != '}') return false;
    const std::size_t end = tokens.position(at++) + 1;
    return end - begin <= kEventBytesMax &&
           !(escapes_ && contains({tokens.text() + begin, end - begin}, '\\'));
  }
  return false;  // more members than fields: one stands twice
}

// Null: not a field of ours.
inline const FieldTable::Slot* EventShortcut::find_slot(const Key& key, std::size_t member) {
  const FieldTable::Slot*& guess = order_[member];
  if (guess != nullptr && is_key_of(*guess, key.text, key.first)) return guess;
  const FieldTable::Slot& slot = event_field_slot(key.text, key.first);
  if (!is_key_of(slot, key.text, key.first)) return nullptr;
  guess = &slot;
  return guess;
}

// A key directly before its colon, a value and one more token behind it.
inline bool EventShortcut::take_key(JsonTokens tokens, std::uint32_t at, Key& key) {
  const char* const text = tokens.text();
  const std::size_t quote = tokens.position(at);
  const std::size_t colon = tokens.position(at + 1);
  if (tokens.position(at + 3) >= tokens.limit() || colon - quote < 3) return false;
  if (text[quote] != '"' || text[colon] != ':' || text[colon - 1] != '"') return false;
  const std::size_t size = colon - quote - 2;
  key.text = {text + quote + 1, size};
  if (size >= 8) {
    key.first = load_word(text + quote + 1);
  } else if (colon >= 9) {  // the end of the eight bytes before its closing quote
    key.first = load_word(text + colon - 9) >> (64 - 8 * size);
  } else {
    key.first = first_word(key.text);
  }
  return true;
}

// A string, or a number or literal that the rules for JSON allow, directly before the next token.
inline bool EventShortcut::take_scalar(JsonTokens tokens, std::uint32_t at, Scalar& value) {
  const char* const text = tokens.text();
  const std::size_t begin = tokens.position(at);
  const std::size_t behind = tokens.position(at + 1);
  if (text[begin] == '"') {
    if (text[behind - 1] != '"' || behind - begin < 2) return false;
    value.text = {text + begin + 1, behind - begin - 2};
    value.is_string = true;
    return value.text.size() <= kStringBytesMax;
  }
  value.text = {text + begin, behind - begin};
  if (value.text.size() <= 8 && behind >= 8 &&
      all_digits(digits_of(load_word(text + behind - 8), value.text.size()))) {
    value.is_digits = true;
    return text[begin] != '0' || value.text.size() == 1;
  }
  return take_odd_scalar(value);
}

// Neither a string nor a few digits; what JSON does not allow is refused.
bool EventShortcut::take_odd_scalar(Scalar& value) {
  if (!valid_number(value.text)) return false;
  value.is_digits =
      std::all_of(value.text.begin(), value.text.end(), [](char c) { return digit(c) <= 9; });
  return true;
}

inline bool EventShortcut::take_field(const EventField& field, const Scalar& value) {
  switch (field.kind) {
    case FieldKind::id:
      return (value.is_digits ||
              (value.is_string && !value.text.empty() && value.text.size() <= kIdBytesMax)) &&
             set_text(field, value.text);
    case FieldKind::person_id:
      return (value.is_digits ||
              (value.is_string && !value.text.empty() && value.text.size() <= kIdBytesMax)) &&
             !is_pii(value) && set_text(field, value.text);
    case FieldKind::label:
      return value.is_string && value.text.size() <= kLabelBytesMax && set_text(field, value.text);
    case FieldKind::tenant:
      return (value.is_digits || value.is_string) && value.text == facts_->tenant->id;
    case FieldKind::event_type:
      draft_->type_text = value.text;
      draft_->has_type = true;
      return value.is_string;
    case FieldKind::time:
      return take_time(field, value);
    case FieldKind::money:
    case FieldKind::cents:
      return take_money(field, value);
    case FieldKind::decision_id:
    case FieldKind::text:
    case FieldKind::url:
    case FieldKind::country:
    case FieldKind::type_name:
    case FieldKind::currency:
    case FieldKind::status:
    case FieldKind::placement_key:
    case FieldKind::ip:
    case FieldKind::agent_hints:
    case FieldKind::geometry:
    case FieldKind::consent:
    case FieldKind::metadata:
    case FieldKind::credential:
      break;
  }
  return value.is_string && take_rare_field(field, value);
}

// Of a string.
bool EventShortcut::take_rare_field(const EventField& field, const Scalar& value) {
  const std::string_view text = value.text;
  switch (field.kind) {
    case FieldKind::decision_id:
      return !text.empty() && text.size() <= kDecisionIdBytesMax && set_text(field, text);
    case FieldKind::text:
      return set_text(field, text);
    case FieldKind::url:
      return text.empty() ||
             (text.size() <= kUrlBytesMax && valid_web_url(text) && set_text(field, text));
    case FieldKind::country:
      return text.size() <= kLabelBytesMax && set_text(field, normal_country(text, *arena_));
    case FieldKind::currency:
      draft_->event.currency = text;
      return valid_currency(text);
    case FieldKind::status:
      late_.status = text;
      return !text.empty();
    case FieldKind::placement_key:
      draft_->placement_key = text;
      return !text.empty() && text.size() <= kIdBytesMax;
    case FieldKind::ip:
      if (text.empty() || text.size() > kLabelBytesMax || !draft_->ip.empty()) return false;
      draft_->ip = text;
      return true;
    case FieldKind::credential:
      return true;
    case FieldKind::id:
    case FieldKind::person_id:
    case FieldKind::label:
    case FieldKind::event_type:
    case FieldKind::type_name:
    case FieldKind::tenant:
    case FieldKind::time:
    case FieldKind::money:
    case FieldKind::cents:
    case FieldKind::agent_hints:
    case FieldKind::geometry:
    case FieldKind::consent:
    case FieldKind::metadata:
      break;
  }
  return false;
}

inline bool EventShortcut::set_text(const EventField& field, std::string_view text) {
  std::string_view& member = draft_->event.*field.member;
  if (!member.empty()) return false;  // two names of one field
  member = text;
  return true;
}

bool EventShortcut::is_pii(const Scalar& value) const {
  if (!value.is_string) return false;
  const char first = value.text.front();
  if (!at_signs_ && first != '+' && first != '(' && digit(first) > 9) return false;
  return looks_like_pii(value.text);
}

bool EventShortcut::take_time(const EventField& field, const Scalar& value) {
  DraftTime& out = draft_->times[field.slot];
  if (field.slot != slot_sent_at &&
      draft_->times[field.slot == slot_ts ? slot_timestamp : slot_ts].sent)
    return false;
  out.sent = true;
  const std::string_view text = value.text;
  const bool usual =
      value.is_string && text.size() == 24 && text[16] == ':' && text[19] == '.' && text[23] == 'Z';
  if (usual && std::memcmp(text.data(), minute_.data(), minute_.size()) == 0) {
    const unsigned ten = digit(text[17]);
    const unsigned one = digit(text[18]);
    const unsigned tenth = digit(text[20]);
    const unsigned hundredth = digit(text[21]);
    const unsigned thousandth = digit(text[22]);
    if (ten > 5 || one > 9 || tenth > 9 || hundredth > 9 || thousandth > 9) return false;
    out.time.us = minute_us_ + (ten * 10 + one) * kSecondUs +
                  (tenth * 100 + hundredth * 10 + thousandth) * kMillisecondUs;
    return true;
  }
  const auto parsed = value.is_string ? parse_time_text(text, facts_->epoch_units())
                                      : parse_epoch(text, facts_->epoch_units());
  if (!parsed) return false;
  out.time = *parsed;
  if (usual && digit(text[17]) <= 5) {  // second 60 belongs to the next minute
    std::memcpy(minute_.data(), text.data(), minute_.size());
    minute_us_ = floor_to(parsed->us, kMinuteUs);
  }
  return true;
}

bool EventShortcut::take_money(const EventField& field, const Scalar& value) {
  DraftMoney& out = draft_->money[field.slot];
  if (out.sent) return false;
  out.sent = true;
  out.field = field.name;
  if (field.kind == FieldKind::cents) {
    const std::size_t size = value.text.size();
    if (!value.is_digits || size > 8) return false;
    const std::uint64_t word = first_word(value.text) << (64 - 8 * size);
    out.micros = std::int64_t{digits_value(digits_of(word, size))} * kMicrosPerCent;
    return true;
  }
  const auto money = parse_money(value.text);
  if (!money) return false;
  out.micros = money->micros;
  draft_->money_rounded = draft_->money_rounded || money->rounded;
  return true;
}

bool EventShortcut::take_metadata(JsonTokens tokens, std::uint32_t& at) {
  const std::uint32_t first = at;
  const std::size_t begin = tokens.position(at);
  if (tokens.text()[begin] != '{') return false;
  std::array<Key, kMetadataKeysMax> keys;
  bool tight = true;
  for (std::size_t count = 0;; ++count) {
    ++at;
    if (count == keys.size() || !take_key(tokens, at, keys[count])) return false;
    const Key& key = keys[count];
    for (std::size_t i = 0; i < count; ++i)
      if (keys[i].first == key.first && keys[i].text == key.text) return false;
    const char c = tokens.kind(at + 2);
    Scalar value;
    if (is_ip_name(key.text) || c == '{' || c == '[') return false;
    if (!take_scalar(tokens, at + 2, value) && !valid_literal(value.text)) return false;
    if (value.is_string) note_metadata(key, value.text);
    tight = tight && tokens.position(at) == tokens.position(at - 1) + 1 &&
            tokens.position(at + 2) == tokens.position(at + 1) + 1;
    at += 3;
    const char behind = tokens.kind(at);
    if (behind == '}') break;
    if (behind != ',') return false;
  }
  const std::size_t size = tokens.position(at++) + 1 - begin;
  if (size > kMetadataBytesMax) return false;
  std::string_view& metadata = draft_->event.metadata;
  metadata = {tokens.text() + begin, size};
  if (tight) return true;
  char* const text = arena_->allocate(size);
  metadata = {text, static_cast<std::size_t>(minify(tokens, first, at, text) - text)};
  return true;
}

void EventShortcut::note_metadata(const Key& key, std::string_view text) {
  if (key.text.size() > 7 || text.size() > kLabelBytesMax) return;
  switch (key_word(key.text, key.first)) {
    case short_key_word("device"):
      late_.device = text;
      break;
    case short_key_word("country"):
      late_.country = normal_country(text, *arena_);
      break;
    case short_key_word("os"):
      late_.os = text;
      break;
    case short_key_word("browser"):
      late_.browser = text;
      break;
    case short_key_word("region"):
      late_.region = text;
      break;
    case short_key_word("city"):
      late_.city = text;
      break;
  }
}

// The event type, and what depends on it; custom events go the long way.
bool EventShortcut::resolve() {
  Event& event = draft_->event;
  if (draft_->has_type) {
    const std::vector<std::string>& own = facts_->tenant->event_types;
    if (draft_->type_text.size() > kLabelBytesMax ||
        std::find(own.begin(), own.end(), draft_->type_text) != own.end() ||
        !built_in_event_type(draft_->type_text, event.type))
      return false;
    if (facts_->path_type && event.type != *facts_->path_type) return false;
  } else if (facts_->path_type) {
    event.type = *facts_->path_type;
  } else {
    return false;
  }
  if (event.type == EventType::custom) return false;
  if (event.type == EventType::conversion) {
    if (!late_.status.empty() && !parse_conversion_status(late_.status, event.status)) return false;
  } else if (!late_.status.empty()) {
    return false;
  }
  const auto fill = [](std::string_view& field, std::string_view noted) {
    if (field.empty()) field = noted;
  };
  fill(event.device, late_.device);
  fill(event.country, late_.country);
  fill(event.os, late_.os);
  fill(event.browser, late_.browser);
  fill(event.region, late_.region);
  fill(event.city, late_.city);
  return true;
}

}  // namespace adbacus
