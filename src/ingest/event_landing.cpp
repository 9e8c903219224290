#include "ingest/event_landing.hpp"

#include <algorithm>
#include <optional>
#include <simdjson.h>
#include <string>

#include "enrich/landing/landing_params.hpp"
#include "http/json_writer.hpp"
#include "http/url.hpp"
#include "ingest/event_draft.hpp"
#include "ingest/metadata_text.hpp"

namespace adbacus {
namespace {

// Networks' ids are longer than ours may be.
constexpr std::size_t kClickIdBytesMax = 512;

bool has_query(std::string_view url) {
  return url.find('?') != std::string_view::npos;
}

// nullopt: not text, or too long.
std::optional<std::string> decoded(std::string_view value, std::size_t bytes_max) {
  auto text = http::percent_decode(value, http::PlusSign::space);
  if (!text || text->empty() || text->size() > bytes_max) return std::nullopt;
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(text->begin(), text->end(), is_control)) return std::nullopt;
  if (!simdjson::validate_utf8(*text)) return std::nullopt;
  return text;
}

bool is_empty(const LandingParams& params) {
  return params.click_id.empty() && std::all_of(params.utm.begin(), params.utm.end(),
                                                [](std::string_view v) { return v.empty(); });
}

LandingParams params_of(const Event& event) {
  const LandingParams params = landing_params(event.url);
  if (!is_empty(params) || !has_query(event.referrer)) return params;
  if (!event.url.empty() && origin_of_url(event.url) != origin_of_url(event.referrer))
    return params;
  return landing_params(event.referrer);
}

// Who sees an ad has not come by a click. A click whose sender gave it an id is known by that.
bool wants_click_id(const Event& event) {
  if (!event.click_id.empty()) return false;
  if (event.type == EventType::impression || event.type == EventType::viewable_impression)
    return false;
  return event.type != EventType::click || event.event_id.empty();
}

void drop_click_ids(Event& event, Arena& arena) {
  for (std::string_view* url : {&event.url, &event.referrer}) {
    const auto without = without_click_ids(*url);
    if (without) *url = arena.copy(*without);
  }
}

}  // namespace

void add_to_metadata(Event& event, Arena& arena, std::string_view name, std::string_view json) {
  std::string member = "\"";
  member.append(name).append("\":");
  const std::string_view old = event.metadata;
  if (old.find(member) != std::string_view::npos) return;
  member += json;
  std::string text(old.empty() ? "{" : old.substr(0, old.size() - 1));
  if (text.size() > 1) text += ',';
  text.append(member) += '}';
  if (text.size() <= kMetadataBytesMax) event.metadata = arena.copy(text);
}

void apply_landing(Event& event, Arena& arena, bool keeps_click_ids) {
  if (!has_query(event.url) && !has_query(event.referrer)) return;
  if (!keeps_click_ids) drop_click_ids(event, arena);
  const LandingParams params = params_of(event);
  for (std::size_t i = 0; i < kUtmNames.size(); ++i) {
    if (params.utm[i].empty()) continue;
    const auto text = decoded(params.utm[i], kLabelBytesMax);
    if (text) add_to_metadata(event, arena, kUtmNames[i], http::JsonWriter().value(*text).text());
  }
  if (params.click_id.empty() || !wants_click_id(event)) return;
  const auto click_id = decoded(params.click_id, kClickIdBytesMax);
  if (click_id) event.click_id = arena.copy(*click_id);
}

}  // namespace adbacus
