// The query of an ingest request, read strictly: a misspelt dry run must not store its events.
// Called by the routes on any I/O thread. Pure.
#pragma once

#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "http/router.hpp"

namespace adbacus {

// Views into the request.
struct IngestQuery {
  bool dry_run = false;
  bool historical = false;
  std::optional<std::string_view> import_run;
  std::optional<std::string_view> tenant_id;
};

// What the routes take, for the route table.
std::vector<http::ParamSpec> ingest_params();

// The answer is 422: `unknown_parameter` for a name the routes do not have, `invalid_parameter` for
// a flag that is not true, false, 1 or 0 and for a name sent twice. A `key`, the credential, is
// left alone.
std::variant<IngestQuery, http::Response> read_ingest_query(const http::Request& request);

}  // namespace adbacus
