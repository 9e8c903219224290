#include "admin/audit_answer.hpp"

#include <charconv>
#include <fmt/format.h>
#include <utility>

#include "admin/list_cursor.hpp"
#include "admin/list_request.hpp"
#include "http/json_writer.hpp"
#include "model/event_time.hpp"

namespace adbacus {
namespace {

http::Response bad(const http::Request& request, std::string_view code, std::string detail) {
  return http::problem(request, 422, code, detail);
}

void write_entry(http::JsonWriter& json, const AuditEntry& entry) {
  json.begin_object().member("seq", entry.seq).member("at", utc_text(entry.time_us));
  json.member("actor", entry.actor).member("action", entry.action).member("kind", entry.kind);
  json.member("object_id", entry.object_id);
  for (const auto& [name, body] : {std::pair{"before", &entry.before}, {"after", &entry.after}}) {
    json.key(name);
    if (body->empty()) {
      json.null();
    } else {
      json.raw(*body);
    }
  }
  json.member("request_id", entry.request_id).member("hash", entry.hash).end_object();
}

}  // namespace

http::Response answer_audit(const http::Request& request, AuditLog& log,
                            const std::string& tenant_id, std::string_view cursor_key) {
  AuditQuery query{.tenant_id = tenant_id};
  std::size_t limit = kListLimitDefault;
  if (const std::string* text = request.param("limit")) {
    const char* end = text->data() + text->size();
    const auto [stopped, error] = std::from_chars(text->data(), end, limit);
    if (error != std::errc() || stopped != end || limit == 0 || limit > kListLimitMax) {
      return bad(request, "invalid_number", fmt::format("limit: must be 1 to {}", kListLimitMax));
    }
  }
  std::string list = "audit\n" + tenant_id;
  for (const auto& [name, field] : {std::pair{"kind", &query.kind},
                                    {"object_id", &query.object_id},
                                    {"actor", &query.actor},
                                    {"action", &query.action}}) {
    if (const std::string* text = request.param(name)) *field = *text;
    list += fmt::format("\n{}:{}", field->size(), *field);
  }
  if (const std::string* cursor = request.param("cursor")) {
    const auto before = open_cursor(cursor_key, list, *cursor);
    if (!before) return bad(request, "invalid_cursor", "cursor: is no cursor of this list");
    query.before_seq = *before;
  }
  query.limit = limit + 1;
  auto entries = log.newest(query);
  if (!entries) return http::problem(request, entries.error());
  const bool has_more = entries->size() > limit;
  if (has_more) entries->pop_back();
  http::JsonWriter json;
  json.begin_object().key("data").begin_array();
  for (const AuditEntry& entry : *entries) write_entry(json, entry);
  json.end_array().key("next_cursor");
  if (has_more) {
    json.value(seal_cursor(cursor_key, list, entries->back().seq));
  } else {
    json.null();
  }
  json.member("has_more", has_more).end_object();
  return {200, "application/json", {{"Cache-Control", "no-store"}}, std::move(json).take()};
}

std::vector<http::ParamSpec> audit_params() {
  return {
      {"kind", "query", "string", false, "of the object: campaign, line_item, key, request, ..."},
      {"object_id", "query", "string", false, ""},
      {"actor", "query", "string", false, "public part of a key"},
      {"action", "query", "string", false,
       "create, update, delete, revoke, read, export, refuse, sign_in, ..."},
      {"limit", "query", "integer", false, "entries a page, 1 to 1000, default 100"},
      {"cursor", "query", "string", false, "next_cursor of the page before"}};
}

std::string audit_schema() {
  return R"({"type":"object","properties":{"data":{"type":"array","items":{"type":"object",)"
         R"("properties":{"seq":{"type":"integer"},"at":{"type":"string","format":"date-time"},)"
         R"("actor":{"type":"string"},"action":{"type":"string"},"kind":{"type":"string"},)"
         R"("object_id":{"type":"string"},"before":{"type":["object","null"]},)"
         R"("after":{"type":["object","null"]},"request_id":{"type":"string"},)"
         R"("hash":{"type":"string"}}}},"next_cursor":{"type":["string","null"]},)"
         R"("has_more":{"type":"boolean"}}})";
}

void write_verdict(http::JsonWriter& json, const AuditVerdict& verdict) {
  json.begin_object().member("tenant_id", verdict.tenant_id);
  json.member("intact", verdict.broken.empty()).member("entries", verdict.entries);
  json.member("head", verdict.head).key("broken");
  if (verdict.broken.empty()) {
    json.null();
  } else {
    json.value(verdict.broken);
  }
  json.end_object();
}

}  // namespace adbacus
