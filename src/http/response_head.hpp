// Writes the head of an answer by hand into one buffer: status line, the fields every answer has,
// the handler's own. Pure function, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "http/http.hpp"

namespace adbacus::http {

struct ResponseFrame {
  std::string_view request_id;
  std::string_view date;  // IMF-fixdate; empty = no Date field
  std::string_view hsts;  // Strict-Transport-Security; empty = no such field
  std::size_t body_bytes = 0;
  bool keep_alive = true;
  bool http_1_0 = false;
};

// Appends everything up to and with the empty line. Line breaks in a handler's field become spaces,
// so no value can add a field of its own.
void append_response_head(std::string& out, const Response& response, const ResponseFrame& frame);

// What lets the page of `origin` read the answer (CORS). With credentials, because sendBeacon
// always asks for them; there are no cookies here that could be misused.
void append_cors_fields(Response& response, std::string_view origin);

bool status_has_body(int status);  // false for 1xx, 204, 304

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string http_date(std::int64_t unix_s);

}  // namespace adbacus::http
