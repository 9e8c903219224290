#include "admin/list_request.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <utility>

#include "admin/entity_answer.hpp"
#include "admin/list_cursor.hpp"
#include "catalog/schema/schemas.hpp"
#include "http/url.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kFilterValuesMax = 100;

http::Response bad(const http::Request& request, std::string_view name, std::string_view code,
                   std::string_view detail) {
  return http::problem(request, 422, code, fmt::format("{}: {}", name, detail),
                       {{fmt::format("?{}", name), std::string(code), std::string(detail)}});
}

// What is wrong with the values; empty: nothing.
std::string read_filter(const Field& field, std::string_view text, EntityQuery::Filter& out) {
  out.field = field.name;
  while (true) {
    const std::size_t comma = text.find(',');
    out.values.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  if (out.values.size() > kFilterValuesMax) {
    return fmt::format("at most {} values", kFilterValuesMax);
  }
  if (field.type != FieldType::choice) return {};
  for (const std::string& value : out.values) {
    if (std::find(field.choices.begin(), field.choices.end(), value) == field.choices.end()) {
      return fmt::format("must be of {}", fmt::join(field.choices, ", "));
    }
  }
  return {};
}

const Field* filter_field(const Schema& schema, std::string_view name) {
  for (const Field& field : schema.fields) {
    if (field.is_filter && field.name == name) return &field;
  }
  return nullptr;
}

std::string name_of_list(const EntityQuery& query) {
  http::JsonWriter json;
  json.begin_array().value(query.tenant_id).value(entity_kind_name(query.kind));
  for (const EntityQuery::Filter& filter : query.filters) {
    json.begin_array().value(filter.field);
    for (const std::string& value : filter.values) json.value(value);
    json.end_array();
  }
  json.end_array();
  return std::move(json).take();
}

}  // namespace

std::variant<ListRequest, http::Response> read_list_request(const http::Request& request,
                                                            EntityKind kind,
                                                            const std::string& tenant_id,
                                                            std::string_view cursor_key) {
  ListRequest list;
  list.query.tenant_id = tenant_id;
  list.query.kind = kind;
  std::size_t limit = kListLimitDefault;
  std::vector<std::string_view> seen;
  for (const http::QueryParam& param : request.query) {
    if (std::find(seen.begin(), seen.end(), param.name) != seen.end()) {
      return bad(request, param.name, "invalid_parameter", "is given twice");
    }
    seen.push_back(param.name);
    if (param.name == "limit") {
      const char* end = param.value.data() + param.value.size();
      const auto [stopped, error] = std::from_chars(param.value.data(), end, limit);
      if (error != std::errc() || stopped != end || limit == 0 || limit > kListLimitMax) {
        return bad(request, "limit", "invalid_number",
                   fmt::format("must be 1 to {}", kListLimitMax));
      }
    } else if (param.name == "tenant_id" && param.value != tenant_id) {
      return http::problem(request, 403, "tenant_mismatch",
                           "tenant_id is not the tenant of this credential.");
    } else if (const Field* field = filter_field(schema_of(kind), param.name)) {
      const std::string wrong = read_filter(*field, param.value, list.query.filters.emplace_back());
      if (!wrong.empty()) return bad(request, param.name, "invalid_parameter", wrong);
    }
  }
  list.query.limit = limit + 1;
  list.list = name_of_list(list.query);
  if (const std::string* cursor = request.param("cursor")) {
    const auto after = open_cursor(cursor_key, list.list, *cursor);
    if (!after) return bad(request, "cursor", "invalid_cursor", "is no cursor of this list");
    list.query.after_ordinal = *after;
  }
  return list;
}

std::vector<http::ParamSpec> list_params(EntityKind kind) {
  std::vector<http::ParamSpec> params{
      {"limit", "query", "integer", false, "objects a page, 1 to 1000, default 100"},
      {"cursor", "query", "string", false, "next_cursor of the page before"},
      {"tenant_id", "query", "string", false, "must be the credential's tenant"}};
  for (const Field& field : schema_of(kind).fields) {
    if (!field.is_filter) continue;
    params.push_back({std::string(field.name), "query", "string", false,
                      "only objects with one of these values, separated by commas"});
  }
  return params;
}

http::Response list_answer(const http::Request& request, const ListRequest& list,
                           std::vector<Entity> found, std::string_view cursor_key,
                           const std::function<bool(const Entity&)>& is_shown) {
  const std::size_t limit = list.query.limit - 1;
  const bool has_more = found.size() > limit;
  if (has_more) found.resize(limit);
  http::JsonWriter json;
  json.begin_object().key("data").begin_array();
  for (const Entity& entity : found) {
    if (is_shown(entity)) write_entity(json, entity);
  }
  json.end_array().key("next_cursor");
  http::Response answer;
  if (has_more) {
    const std::string cursor = seal_cursor(cursor_key, list.list, found.back().ordinal);
    json.value(cursor);
    std::string next = fmt::format("{}?cursor={}", request.path, http::percent_encode(cursor));
    for (const http::QueryParam& param : request.query) {
      if (param.name == "cursor") continue;
      next += fmt::format("&{}={}", http::percent_encode(param.name),
                          http::percent_encode(param.value));
    }
    answer.headers.emplace_back("Link", fmt::format("<{}>; rel=\"next\"", next));
  } else {
    json.null();
  }
  json.member("has_more", has_more).end_object();
  answer.headers.emplace_back("Cache-Control", "private, no-cache");
  answer.body = std::move(json).take();
  return answer;
}

}  // namespace adbacus
