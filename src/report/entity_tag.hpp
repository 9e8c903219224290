// Lets a client that still holds an answer be told so without its bytes: ETag, If-None-Match and
// 304 (RFC 9110, 13.1.2). Called on whichever thread answers. Pure functions.
#pragma once

#include <string_view>

#include "http/http.hpp"

namespace adbacus {

// The answer with the fields that say who may keep it and for how long: the caller only, asking
// each time. To GET and HEAD it carries a strong tag of its bytes in the coding it goes out with,
// and becomes a 304 if the client names that tag.
http::Response with_entity_tag(const http::Request& request, http::Response response);

// Whether the value of If-None-Match names the tag; "*" names any.
bool names_tag(std::string_view if_none_match, std::string_view tag);

}  // namespace adbacus
