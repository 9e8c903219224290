// The route table: one row per method and path, from which dispatch, 405/404, scope checks and
// /openapi.json all come. Built at start-up, then read-only and thread-safe.
#pragma once

#include <string>
#include <vector>

#include "http/http.hpp"

namespace adbacus::http {

struct ParamSpec {
  std::string name;
  std::string in = "query";     // query, path or header
  std::string type = "string";  // JSON schema type
  bool required = false;
  std::string description;
};

struct RouteSpec {
  Method method = Method::get;
  std::string path;         // "/v1/dead-letters/{id}"; a trailing slash is always optional
  std::uint32_t scope = 0;  // any of these Scope bits lets the caller in; 0 = open
  std::string summary;
  std::vector<ParamSpec> params;
  std::string request_body;   // JSON Schema text (application/json), empty = none
  std::string response_body;  // JSON Schema text of the 2xx answer, empty = untyped
  int success_status = 200;
  std::vector<std::string> tags;
  bool unknown_params_refused = false;  // 422 unknown_parameter for query names not in params
};

class Router {
 public:
  void add(RouteSpec spec, Handler handler);
  // 404, 405 with Allow, 401/403 problems are answered here; HEAD falls back to GET, OPTIONS is
  // answered from the table. `authenticator` may be null if every route is open.
  void dispatch(Request& request, Responder responder, Authenticator* authenticator) const;
  std::string openapi_json(std::string_view version) const;  // OpenAPI 3.1
  const std::vector<RouteSpec>& routes() const { return specs_; }

 private:
  struct Match;
  std::vector<RouteSpec> specs_;
  std::vector<Handler> handlers_;
};

}  // namespace adbacus::http
