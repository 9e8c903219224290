// The part of EventParser that runs once all fields are read: the event type, and the fields whose
// meaning depends on it.
#include <algorithm>

#include "ingest/event_parser.hpp"
#include "ingest/metadata_text.hpp"
#include "model/id_shape.hpp"

namespace adbacus {
namespace {

// The types that make up nearly all events, told by their first and last eight bytes in lower case;
// setting bit 5 maps only a letter's two cases to the letter.
bool frequent_event_type(std::string_view text, EventType& out) {
  constexpr std::uint64_t kLower = 0x2020202020202020ULL;
  const auto word = [](std::string_view part) { return first_word(part) | kLower; };
  if (text.size() == 10 && word(text) == word("impression") &&
      word(text.substr(2)) == word(std::string_view("impression").substr(2))) {
    out = EventType::impression;
    return true;
  }
  if (text.size() == 5 && word(text) == word("click")) {
    out = EventType::click;
    return true;
  }
  return false;
}

}  // namespace

bool built_in_event_type(std::string_view text, EventType& out) {
  return frequent_event_type(text, out) || parse_event_type(text, out);
}

void EventParser::resolve_type() {
  Event& event = draft_->event;
  if (!draft_->has_type) {
    if (!facts_->path_type) {
      walk_.reject_at("/event_type", RejectCode::missing_field, "event_type is required");
    } else {
      event.type = *facts_->path_type;
    }
    return;
  }
  const std::vector<std::string>& own = facts_->tenant->event_types;
  if (std::find(own.begin(), own.end(), draft_->type_text) != own.end()) {
    event.type = EventType::custom;
    event.type_name = draft_->type_text;
  } else if (!built_in_event_type(draft_->type_text, event.type)) {
    walk_.reject_at("/event_type", RejectCode::unknown_event_type,
                    draft_->type_text == "attributed_conversion"
                        ? "attributed_conversion is made by the server only"
                        : "neither a built-in event type nor one that the tenant registered");
  }
  if (facts_->path_type && event.type != *facts_->path_type)
    walk_.reject_at("/event_type", RejectCode::conflicting_event_type,
                    "this path takes one event type only");
}

void EventParser::resolve_late_fields() {
  if (faulty()) return;
  Event& event = draft_->event;
  const JsonTokens& tokens = walk_.tokens();
  if (event.type == EventType::custom && event.type_name.empty()) {
    if (name_.end == 0) {
      walk_.reject_at("/name", RejectCode::missing_field, "a custom event needs a name");
    } else if (tokens.kind(name_.value) != '"') {
      walk_.reject_at("/name", RejectCode::invalid_type, "must be a string");
    } else {
      event.type_name = walk_.text_at(name_.value);
      if (event.type_name.empty() || event.type_name.size() > kIdBytesMax)
        walk_.reject_at("/name", RejectCode::invalid_id, "a name has 1 to 128 bytes");
    }
  } else if (name_.end != 0) {
    extra_.push_back(name_);
  }
  if (event.type == EventType::conversion) {
    if (status_.end != 0) {
      const bool text = tokens.kind(status_.value) == '"';
      if (!text || !parse_conversion_status(walk_.text_at(status_.value), event.status))
        walk_.reject_at("/status", text ? RejectCode::invalid_status : RejectCode::invalid_type,
                        "must be pending, approved, rejected or rebill");
    }
  } else if (status_.end != 0) {
    extra_.push_back(status_);
  }
}

bool EventParser::take_agent_hints() {
  const std::uint32_t begin = walk_.at();
  if (!walk_.skip_checked()) return false;
  const JsonTokens& tokens = walk_.tokens();
  const std::size_t bytes_max = tokens.end(walk_.at() - 1) - tokens.position(begin);
  char* const text = walk_.arena().allocate(bytes_max);
  char* const end = minify(tokens, begin, walk_.at(), text);
  draft_->sua = {text, static_cast<std::size_t>(end - text)};
  return true;
}

void EventParser::build_metadata() {
  if (faulty()) return;
  Event& event = draft_->event;
  if (metadata_.end == 0 && extra_.empty()) return;
  if (metadata_.end == 0) noted_ = NotedTexts();
  const auto fill = [](std::string_view& field, std::string_view noted) {
    if (field.empty()) field = noted;
  };
  fill(event.device, noted_.device);
  fill(event.country, noted_.country);
  fill(event.os, noted_.os);
  fill(event.browser, noted_.browser);
  fill(event.region, noted_.region);
  fill(event.city, noted_.city);
  bool is_changed = take_campaign_names(walk_, metadata_members_, extra_);
  if (has_ip_name_) {
    is_changed = take_raw_ips(walk_, metadata_members_, *draft_) || is_changed;
    take_raw_ips(walk_, extra_, *draft_);
  }
  const MetadataSource source{metadata_, metadata_members_, extra_, is_changed};
  if (!metadata_text(walk_, source, event.metadata))
    walk_.reject_at("/metadata", RejectCode::metadata_too_large,
                    "metadata and unknown fields have at most 4 KiB");
}

}  // namespace adbacus
