#include "http/router.hpp"

#include <algorithm>
#include <cassert>

#include "http/caller.hpp"
#include "http/scope_list.hpp"
#include "http/status.hpp"
#include "http/text.hpp"
#include "http/url.hpp"

namespace adbacus::http {
namespace {

bool is_parameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

std::string_view without_trailing_slash(std::string_view path) {
  if (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

// "/a/b" -> {"a", "b"}; "" -> {}.
std::vector<std::string_view> split_path(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::size_t end = std::min(path.find('/'), path.size());
    segments.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

bool lists_query_param(const RouteSpec& spec, std::string_view name) {
  return std::any_of(spec.params.begin(), spec.params.end(),
                     [&](const ParamSpec& p) { return p.in == "query" && p.name == name; });
}

KeyPlaces key_places(const RouteSpec& spec) {
  return lists_query_param(spec, "key") ? KeyPlaces::headers_and_query : KeyPlaces::headers;
}

std::optional<Response> refuse_unknown_params(const RouteSpec& spec, const Request& request) {
  std::vector<ProblemItem> errors;
  for (const QueryParam& param : request.query) {
    if (lists_query_param(spec, param.name) || errors.size() == 20) continue;
    errors.push_back({"?" + param.name, "unknown_parameter", "This route has no such parameter."});
  }
  if (errors.empty()) return std::nullopt;
  return problem(request, 422, "unknown_parameter", "The query has unknown parameters.",
                 std::move(errors));
}

// JSON, and what else is sent here, is UTF-8 (RFC 8259, 8.1): another charset would be read as it.
std::optional<Response> refuse_charset(const Request& request) {
  std::string_view type = request.header("content-type");
  for (take_element(type, ';'); !type.empty();) {
    std::string_view value = take_element(type, ';');
    const std::string_view name = take_element(value, '=');
    if (!equals_ignoring_case(name, "charset")) continue;
    if (value.size() > 1 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    const bool is_utf8 = equals_ignoring_case(value, "utf-8") ||
                         equals_ignoring_case(value, "utf8") ||
                         equals_ignoring_case(value, "us-ascii");
    if (is_utf8) continue;
    return problem(request, 415, "unsupported_charset",
                   "Content-Type: bodies are UTF-8 here, not the charset that is named.");
  }
  return std::nullopt;
}

// The tenant is the credential's, whatever route it is and whether or not it knows the parameter.
std::optional<Response> refuse_other_tenant(const Request& request) {
  const std::string* named = request.param("tenant_id");
  if (named == nullptr || request.principal.tenant.empty() || *named == request.principal.tenant) {
    return std::nullopt;
  }
  return problem(request, 403, "tenant_mismatch",
                 "tenant_id is not the tenant of this credential.");
}

}  // namespace

void Router::add(RouteSpec spec, Handler handler) {
  assert(spec.path.starts_with('/'));
  assert(spec.is_open == (spec.scope == 0));
  const std::string normal(without_trailing_slash(spec.path));
  std::vector<std::string> segments;
  for (const std::string_view segment : split_path(normal)) segments.emplace_back(segment);
  auto path = std::find_if(paths_.begin(), paths_.end(),
                           [&](const Path& p) { return p.segments == segments; });
  if (path == paths_.end()) {
    if (std::none_of(segments.begin(), segments.end(), is_parameter)) {
      fixed_.emplace(normal, paths_.size());
    }
    paths_.push_back({std::move(segments), {}});
    path = paths_.end() - 1;
  }
  assert(std::none_of(path->routes.begin(), path->routes.end(),
                      [&](std::size_t i) { return specs_[i].method == spec.method; }));
  path->routes.push_back(specs_.size());
  specs_.push_back(std::move(spec));
  handlers_.push_back(std::move(handler));
}

void Router::answer_other_paths(std::function<Response(const Request&)> answer) {
  other_paths_ = std::move(answer);
}

// Segments are compared after decoding each one, so an encoded slash stays inside its segment.
const Router::Path* Router::find(std::string_view raw_path, std::vector<std::string>& args) const {
  args.clear();
  raw_path = without_trailing_slash(raw_path);
  if (const auto it = fixed_.find(raw_path); it != fixed_.end()) return &paths_[it->second];
  if (!raw_path.empty() && raw_path.front() != '/') return nullptr;
  std::vector<std::string> segments;
  for (const std::string_view segment : split_path(raw_path)) {
    auto decoded = percent_decode(segment, PlusSign::literal);
    if (!decoded) return nullptr;
    segments.push_back(std::move(*decoded));
  }
  const Path* best = nullptr;
  for (const Path& path : paths_) {  // fewer parameters win: "/a/b" over "/a/{id}"
    if (path.segments.size() != segments.size()) continue;
    std::vector<std::string> found;
    bool matches = true;
    for (std::size_t i = 0; i < segments.size() && matches; ++i) {
      if (is_parameter(path.segments[i])) {
        matches = !segments[i].empty();
        found.push_back(segments[i]);
      } else {
        matches = path.segments[i] == segments[i];
      }
    }
    if (!matches || (best != nullptr && args.size() <= found.size())) continue;
    best = &path;
    args = std::move(found);
  }
  return best;
}

std::optional<std::size_t> Router::route_for(const Path& path, Method method) const {
  std::optional<std::size_t> get;
  for (const std::size_t i : path.routes) {
    if (specs_[i].method == method) return i;
    if (specs_[i].method == Method::get) get = i;
  }
  return method == Method::head ? get : std::nullopt;
}

std::string Router::allow(const Path& path) const {
  std::string out;
  const auto append = [&](std::string_view name) {
    if (!out.empty()) out += ", ";
    out += name;
  };
  bool has_options = false;
  for (const std::size_t i : path.routes) {
    append(method_name(specs_[i].method));
    has_options = has_options || specs_[i].method == Method::options;
  }
  if (route_for(path, Method::head) && out.find("HEAD") == std::string::npos) append("HEAD");
  if (!has_options) append("OPTIONS");
  return out;
}

std::optional<Response> Router::check_caller(const RouteSpec& spec, Request& request,
                                             Authenticator* authenticator) const {
  if (authenticator == nullptr) {
    return problem(request, 401, "unauthorized", "This server has no keys.");
  }
  const KeyPlaces places = request.query.empty() ? KeyPlaces::headers : key_places(spec);
  auto caller = identify(request, *authenticator, places);
  if (auto* refusal = std::get_if<Response>(&caller)) {
    auto limited = rate_gate_ != nullptr ? rate_gate_->pass_unknown(request) : std::nullopt;
    return limited ? std::move(limited) : std::move(*refusal);
  }
  request.principal = std::get<Principal>(std::move(caller));
  if (rate_gate_ != nullptr) {
    const bool is_sparing = (spec.scope & scope_ingest) != 0;  // small answers, many of them
    if (auto limited = rate_gate_->pass(request, is_sparing)) return limited;
  }
  if ((request.principal.scopes & spec.scope) == 0) {
    return problem(request, 403, "missing_scope",
                   "This needs the scope " + scope_list(spec.scope, " or ") + ".");
  }
  if (!spec.for_browsers && request.principal.is_public) {
    return problem(request, 403, "not_for_pages", "A public key does not reach this.");
  }
  if (!spec.for_limited && request.principal.is_limited()) {
    return problem(request, 403, "limited_caller",
                   "This is not for callers who are limited to an advertiser or a publisher.");
  }
  return std::nullopt;
}

// The answer to OPTIONS and to a method that is not allowed.
Response Router::answer_method(const Path* path, const Request& request,
                               Authenticator* authenticator) const {
  const std::string allowed =
      path == nullptr ? "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS" : allow(*path);
  Response response;
  if (request.method != Method::options) {
    response = problem(request, 405, "method_not_allowed", "Allowed here: " + allowed + ".");
  } else {
    response.status = 204;
  }
  response.headers.emplace_back("Allow", allowed);
  if (path == nullptr || request.method != Method::options) return response;
  for (const std::size_t i : path->routes) {
    const RouteSpec& spec = specs_[i];
    if (!spec.for_browsers) continue;
    return preflight(request, authenticator, key_places(spec), method_name(spec.method),
                     std::move(response));
  }
  return response;
}

std::optional<Response> Router::admit(Request& request, Authenticator* authenticator,
                                      std::size_t& route) const {
  route = kNoRoute;
  const std::string_view raw_path =
      request.target.empty() ? std::string_view(request.path) : split_target(request.target).path;
  const bool is_server_wide = raw_path == "*";
  const Path* path = is_server_wide ? nullptr : find(raw_path, request.path_args);
  if (path == nullptr && !is_server_wide) {
    if (other_paths_) return other_paths_(request);
    return problem(request, 404, "not_found", "There is nothing at this path.");
  }
  const auto found = is_server_wide ? std::nullopt : route_for(*path, request.method);
  if (!found) return answer_method(path, request, authenticator);
  route = *found;
  const RouteSpec& spec = specs_[route];
  if (!spec.is_open) {
    if (auto refusal = check_caller(spec, request, authenticator)) return refusal;
    if (auto refusal = refuse_other_tenant(request)) return refusal;
  }
  if (auto refusal = refuse_charset(request)) return refusal;
  if (spec.unknown_params_refused) return refuse_unknown_params(spec, request);
  return std::nullopt;
}

void Router::run(std::size_t route, const Request& request, Responder responder) const {
  handlers_[route](request, std::move(responder));
}

void Router::tell_answer(std::size_t route, const Request& request, const Response& answer) const {
  if (answer.status < 400 || refusal_watch_ == nullptr || !is_refusal(answer.status)) return;
  const std::string_view path = route == kNoRoute ? std::string_view() : specs_[route].path;
  refusal_watch_->refused(request, path, answer);
}

void Router::dispatch(Request& request, Responder responder, Authenticator* authenticator) const {
  std::size_t route = 0;
  if (auto answer = admit(request, authenticator, route)) {
    responder.send(*std::move(answer));
  } else {
    run(route, request, std::move(responder));
  }
}

}  // namespace adbacus::http
