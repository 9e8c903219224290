// The route table: one row per method and path, from which dispatch, 405/404, scope checks and
// /openapi.json all come. Built at start-up, then read-only and thread-safe.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/text_hash.hpp"
#include "http/http.hpp"
#include "http/rate_gate.hpp"
#include "http/refusal_watch.hpp"

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
  std::uint32_t scope = 0;  // any of these Scope bits lets the caller in; 0 = nobody
  bool is_open = false;     // everybody may call it, also without a credential; has no scope then
  std::string summary;
  std::vector<ParamSpec> params;
  std::string request_body;   // JSON Schema text (application/json), empty = none
  std::string response_body;  // JSON Schema text of the 2xx answer, empty = untyped
  int success_status = 200;
  std::vector<std::string> tags;
  bool unknown_params_refused = false;  // 422 unknown_parameter for query names not in params
  bool for_browsers = false;  // public keys reach it, and pages of other origins may call it (CORS)
  bool for_limited = false;   // callers limited to an advertiser or a publisher too: it heeds that
};

class Router {
 public:
  static constexpr std::size_t kNoRoute = static_cast<std::size_t>(-1);

  // Asserts that method and path are new, that the path starts with '/', and that the route is
  // either open or says who may call it.
  void add(RouteSpec spec, Handler handler);
  // Asked about every request but those for open routes; must outlive the router.
  void set_rate_gate(RateGate& gate) { rate_gate_ = &gate; }
  // Told of every refusal among the answers that tell_answer() is called with; must outlive the
  // router.
  void set_refusal_watch(RefusalWatch& watch) { refusal_watch_ = &watch; }
  // What requests for a path that no route has get instead of 404.
  void answer_other_paths(std::function<Response(const Request&)> answer);
  // admit(), then run() or the answer admit() gave.
  void dispatch(Request& request, Responder responder, Authenticator* authenticator) const;

  // Everything that can be said before the body is read: 404, 405 with Allow, 401/403, 429 and
  // unknown parameters give an answer here; HEAD falls back to GET, OPTIONS is answered from the
  // table. nullopt: path_args and principal of the request are filled. `route` is kNoRoute if the
  // table has none for the request.
  // `authenticator` may be null if every route is open.
  std::optional<Response> admit(Request& request, Authenticator* authenticator,
                                std::size_t& route) const;
  void run(std::size_t route, const Request& request, Responder responder) const;
  // Called with every answer before it is sent; what is no refusal costs a comparison.
  void tell_answer(std::size_t route, const Request& request, const Response& answer) const;

  std::string openapi_json(std::string_view version) const;  // OpenAPI 3.1
  const std::vector<RouteSpec>& routes() const { return specs_; }

 private:
  struct Path {  // all methods of one path
    std::vector<std::string> segments;
    std::vector<std::size_t> routes;  // indices into specs_
  };
  const Path* find(std::string_view raw_path, std::vector<std::string>& args) const;
  std::optional<std::size_t> route_for(const Path& path, Method method) const;
  std::string allow(const Path& path) const;
  Response answer_method(const Path* path, const Request& request,
                         Authenticator* authenticator) const;
  std::optional<Response> check_caller(const RouteSpec& spec, Request& request,
                                       Authenticator* authenticator) const;

  std::function<Response(const Request&)> other_paths_;  // empty: 404
  RateGate* rate_gate_ = nullptr;                        // null: no quotas
  RefusalWatch* refusal_watch_ = nullptr;                // null: nobody is told
  std::vector<RouteSpec> specs_;
  std::vector<Handler> handlers_;
  std::vector<Path> paths_;
  // Normalised path to index into paths_, for paths without {parameters}.
  std::unordered_map<std::string, std::size_t, TextHash, std::equal_to<>> fixed_;
};

}  // namespace adbacus::http
