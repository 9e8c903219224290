// An event written as the query of a URL, for pixels and click links: its parameters have the names
// of the event's fields (docs/api/pixel_and_click.md). Called by the routes. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/http.hpp"

namespace adbacus {

// Fields that the server knows itself; a parameter of such a name is not looked at.
using KnownFields = std::vector<std::pair<std::string_view, std::string_view>>;

// The event as the JSON text that intake reads. `e` stands for event_type, the consent parameters
// of ad tags (gdpr, gdpr_consent, gpp, ...) for members of consent; parameters without a value
// count as not sent, `key`, `cb` and `_` are no fields. `event_type` is what it is unless a
// parameter says.
std::string query_event_json(std::span<const http::QueryParam> query, const KnownFields& known,
                             std::string_view event_type);

// Without a value: what a caller must not say who shows no key, only a text that the server signed,
// which everybody has who sees the page. Ids of the catalog, of events and decisions, times, money.
void reserve_fields(KnownFields& known);

}  // namespace adbacus
