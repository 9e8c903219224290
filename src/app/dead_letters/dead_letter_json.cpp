#include "app/dead_letters/dead_letter_json.hpp"

#include <fmt/format.h>

#include "model/event_codec.hpp"
#include "model/money.hpp"
#include "report/instant.hpp"

namespace adbacus {
namespace {

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

// The name under which ingest takes the field; "" for what it makes itself.
std::string_view sent_name(std::size_t index, std::string_view name) {
  switch (index) {
    case text_field::tenant:
      return "tenant_id";
    case text_field::conversion_type:
      return "type";
    case text_field::type_name:
      return "name";
    case text_field::ip_prefix:
      return "ip";
    case text_field::ip_hash:
    case text_field::import_run:
    case text_field::geometry:
      return "";
    default:
      return name;
  }
}

void write_geometry(http::JsonWriter& json, std::string_view geometry) {
  constexpr std::string_view kNames[] = {"x", "y", "w", "h"};
  for (const std::string_view name : kNames) {
    const std::string_view part = geometry.substr(0, geometry.find(','));
    if (!part.empty()) json.key(name).raw(part);
    if (part.size() == geometry.size()) break;
    geometry.remove_prefix(part.size() + 1);
  }
}

void write_event(http::JsonWriter& json, const Event& event) {
  json.begin_object();
  json.member("event_type", event.type == EventType::custom && !event.type_name.empty()
                                ? event.type_name
                                : event_type_name(event.type));
  json.member("ts", format_instant(event.time_us, 0));
  for_each_text(event, [&](std::size_t index, std::string_view name, std::string_view text, bool) {
    const std::string_view sent_as = sent_name(index, name);
    if (text.empty() || sent_as.empty()) return;
    const bool is_json = index == text_field::metadata || index == text_field::consent;
    if (is_json) {
      json.key(sent_as).raw(text);
    } else {
      json.member(sent_as, text);
    }
  });
  write_geometry(json, event.geometry);
  if (event.status != ConversionStatus::none)
    json.member("status", conversion_status_name(event.status));
  if (event.has_value) json.key("value").raw(money_text(event.value_micros));
  if (event.has_cost) json.key("cost").raw(money_text(event.cost_micros));
  json.end_object();
}

}  // namespace

void write_letter(http::JsonWriter& json, const DeadLetter& letter, const std::string* bytes) {
  json.begin_object();
  json.member("id", fmt::format("{}", letter.seq));
  json.member("state", letter_state_name(letter.state));
  json.member("tenant_id", letter.tenant).member("event_id", letter.event_id);
  json.member("reason", letter.reason).member("tries", letter.tries);
  json.member("disposition", disposition_name(letter.disposition));
  json.member("skipped_at", format_instant(letter.skipped_us, 0));
  json.member("failed_restores", letter.failed_restores);
  if (letter.state != LetterState::open) {
    json.member("settled_at", format_instant(letter.closed_us, 0));
    json.member("settled_by", letter.closed_by);
    if (!letter.note.empty()) json.member("note", letter.note);
  }
  if (bytes != nullptr) {
    Arena arena;
    json.key("event");
    if (const auto event = decode_event(*bytes, arena)) {
      write_event(json, *event);
    } else {
      json.null();
    }
    json.member("bytes", hex(*bytes));
  }
  json.end_object();
}

void write_page(http::JsonWriter& json, const LetterPage& page) {
  json.begin_object().key("items").begin_array();
  for (const DeadLetter& letter : page.letters) write_letter(json, letter, nullptr);
  json.end_array().key("next_cursor");
  if (page.more) {
    json.value(fmt::format("{}", page.letters.back().seq));
  } else {
    json.null();
  }
  json.end_object();
}

}  // namespace adbacus
