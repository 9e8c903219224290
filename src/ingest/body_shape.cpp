#include "ingest/body_shape.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "ingest/json_text.hpp"

namespace adbacus {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && JsonTokens::is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && JsonTokens::is_space(text.back())) text.remove_suffix(1);
  return text;
}

// One object from the first byte to the last, by its brackets alone.
bool is_whole_object(std::string_view line) {
  std::size_t open = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '{' || c == '[') ++open;
    if ((c == '}' || c == ']') && (open == 0 || --open == 0)) return i + 1 == line.size();
  }
  return false;
}

}  // namespace

bool is_blank(std::string_view text) {
  return std::all_of(text.begin(), text.end(), JsonTokens::is_space);
}

bool holds_json_lines(std::string_view body) {
  while (!body.empty() && JsonTokens::is_space(body.front())) body.remove_prefix(1);
  if (body.empty() || body.front() != '{') return false;
  const std::size_t newline = body.find('\n');
  if (newline == std::string_view::npos || is_blank(body.substr(newline))) return false;
  const std::string_view line = trim(body.substr(0, newline));
  return line.back() == '}' && is_whole_object(line);
}

bool has_events_array(const JsonTokens& tokens) {
  std::size_t open = 0;
  for (std::uint32_t i = 0;; ++i) {
    const char c = tokens.kind(i);
    if (c == '\0') return false;
    if (c == '{' || c == '[') ++open;
    if ((c == '}' || c == ']') && --open == 0) return false;
    if (open == 1 && c == '"' && tokens.kind(i + 1) == ':' && tokens.kind(i + 2) == '[' &&
        tokens.raw_string(i) == "events")
      return true;
  }
}

bool lacks_events_array(const JsonTokens& tokens) {
  bool events = false;
  bool typed = false;
  std::size_t open = 0;
  for (std::uint32_t i = 0; tokens.kind(i) != '\0'; ++i) {
    const char c = tokens.kind(i);
    if (c == '{' || c == '[') ++open;
    if (c == '}' || c == ']') --open;
    if (open != 1 || c != '"' || tokens.kind(i + 1) != ':') continue;
    events = events || tokens.raw_string(i) == "events";
    typed = typed || tokens.raw_string(i) == "event_type";
  }
  return events && !typed;
}

bool is_lone_scalar(const JsonTokens& tokens) {
  if (tokens.kind(0) == '\0' || tokens.kind(1) != '\0') return false;
  if (tokens.kind(0) == '"') return check_escapes(tokens.raw_string(0)).empty();
  return valid_number(tokens.piece(0)) || valid_literal(tokens.piece(0));
}

}  // namespace adbacus
