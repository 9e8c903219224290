// Router::openapi_json: the route table as an OpenAPI 3.1 document.
#include <algorithm>
#include <utility>

#include "http/json_writer.hpp"
#include "http/router.hpp"
#include "http/scope_list.hpp"
#include "http/status.hpp"
#include "http/text.hpp"

namespace adbacus::http {
namespace {

constexpr std::string_view kProblemSchema =
    R"({"type":"object","required":["type","title","status","code"],"properties":{)"
    R"("type":{"type":"string"},"title":{"type":"string"},"status":{"type":"integer"},)"
    R"("detail":{"type":"string"},"instance":{"type":"string"},"code":{"type":"string"},)"
    R"("request_id":{"type":"string"},"errors":{"type":"array","items":{"type":"object",)"
    R"("properties":{"pointer":{"type":"string"},"code":{"type":"string"},)"
    R"("detail":{"type":"string"}}}}}})";
constexpr std::string_view kSecuritySchemes =
    R"({"bearer":{"type":"http","scheme":"bearer"},)"
    R"("apiKey":{"type":"apiKey","in":"header","name":"X-Api-Key"},)"
    R"("queryKey":{"type":"apiKey","in":"query","name":"key"}})";

std::string lower_method(Method method) {
  std::string name(method_name(method));
  std::transform(name.begin(), name.end(), name.begin(), lower_ascii);
  return name;
}

// "get_v1_dead_letters_id": unique because method and path are.
std::string operation_id(const RouteSpec& spec) {
  std::string id = lower_method(spec.method);
  for (const char c : spec.path) {
    const bool is_word = (c >= '0' && c <= '9') || (lower_ascii(c) >= 'a' && lower_ascii(c) <= 'z');
    if (is_word) {
      id += c;
    } else if (id.back() != '_') {
      id += '_';
    }
  }
  if (id.back() == '_') id.pop_back();
  return id;
}

std::string normal_path(std::string_view path) {
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

void write_param(JsonWriter& json, const ParamSpec& param) {
  json.begin_object().member("name", param.name).member("in", param.in);
  json.member("required", param.required || param.in == "path");
  if (!param.description.empty()) json.member("description", param.description);
  json.key("schema").begin_object().member("type", param.type).end_object().end_object();
}

void write_params(JsonWriter& json, const RouteSpec& spec) {
  json.key("parameters").begin_array();
  for (const ParamSpec& param : spec.params) write_param(json, param);
  // Parts of the path that nobody described are still parameters.
  for (std::size_t at = spec.path.find('{'); at != std::string::npos;
       at = spec.path.find('{', at + 1)) {
    const std::string name = spec.path.substr(at + 1, spec.path.find('}', at) - at - 1);
    const bool is_listed =
        std::any_of(spec.params.begin(), spec.params.end(),
                    [&](const ParamSpec& p) { return p.in == "path" && p.name == name; });
    if (!is_listed) write_param(json, {name, "path", "string", true, ""});
  }
  json.end_array();
}

void write_content(JsonWriter& json, std::string_view media_type, std::string_view schema) {
  json.key("content").begin_object().key(media_type).begin_object().key("schema").raw(schema);
  json.end_object().end_object();
}

void write_security(JsonWriter& json, const RouteSpec& spec) {
  json.key("security").begin_array();
  if (!spec.is_open) {
    const bool has_query_key =
        std::any_of(spec.params.begin(), spec.params.end(),
                    [](const ParamSpec& p) { return p.in == "query" && p.name == "key"; });
    for (const std::string_view scheme : {"bearer", "apiKey", "queryKey"}) {
      if (scheme == "queryKey" && !has_query_key) continue;
      json.begin_object().key(scheme).begin_array().end_array().end_object();
    }
  }
  json.end_array();
  if (spec.is_open) return;
  json.key("x-scopes").begin_array();
  for (const NamedScope& row : kNamedScopes) {
    if ((spec.scope & row.scope) != 0) json.value(row.name);
  }
  json.end_array();
}

void write_operation(JsonWriter& json, const RouteSpec& spec) {
  json.key(lower_method(spec.method)).begin_object();
  json.member("operationId", operation_id(spec)).member("summary", spec.summary);
  if (!spec.tags.empty()) {
    json.key("tags").begin_array();
    for (const std::string& tag : spec.tags) json.value(tag);
    json.end_array();
  }
  write_params(json, spec);
  if (!spec.request_body.empty()) {
    json.key("requestBody").begin_object().member("required", true);
    write_content(json, "application/json", spec.request_body);
    json.end_object();
  }
  json.key("responses").begin_object();
  json.key(std::to_string(spec.success_status)).begin_object();
  json.member("description", reason_phrase(spec.success_status));
  if (!spec.response_body.empty()) write_content(json, "application/json", spec.response_body);
  json.end_object();
  json.key("default").begin_object().member("description", "A problem document (RFC 9457)");
  write_content(json, "application/problem+json", R"({"$ref":"#/components/schemas/Problem"})");
  json.end_object().end_object();
  write_security(json, spec);
  json.end_object();
}

}  // namespace

std::string Router::openapi_json(std::string_view version) const {
  JsonWriter json(4096);
  json.begin_object().member("openapi", "3.1.0");
  json.key("info").begin_object().member("title", "adbacus").member("version", version);
  json.end_object();
  json.key("paths").begin_object();
  for (const Path& path : paths_) {
    json.key(normal_path(specs_[path.routes.front()].path)).begin_object();
    for (const std::size_t i : path.routes) {
      if (specs_[i].method != Method::other) write_operation(json, specs_[i]);
    }
    json.end_object();
  }
  json.end_object();
  json.key("components").begin_object().key("schemas").begin_object();
  json.key("Problem").raw(kProblemSchema).end_object();
  json.key("securitySchemes").raw(kSecuritySchemes).end_object().end_object();
  return std::move(json).take();
}

}  // namespace adbacus::http
