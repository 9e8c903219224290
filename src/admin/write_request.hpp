// What a writing request of the management API says beside its fields: body, preconditions, the
// name it gives itself. Pure.
#pragma once

#include <optional>
#include <variant>

#include "admin/named_request.hpp"
#include "catalog/schema/json_node.hpp"
#include "http/http.hpp"

namespace adbacus {

struct WriteRequest {
  JsonNode body;                                 // null if the verb has none
  std::optional<std::int64_t> expected_version;  // If-Match; 0 matches nothing
  RequestName name;
  bool is_strict = false;  // X-Strict-Mode: 1
};

// `changes`: the object is there already, so that If-Match counts and strict mode demands it.
// 400 invalid_json, 415 unsupported_media_type, 422 invalid_idempotency_key, 428
// precondition_required.
std::variant<WriteRequest, http::Response> read_write_request(const http::Request& request,
                                                              bool has_body, bool changes);

}  // namespace adbacus
