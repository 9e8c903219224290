#include "admin/entity_service.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <utility>

#include "admin/audit_answer.hpp"
#include "admin/bulk.hpp"
#include "admin/entity_answer.hpp"
#include "admin/list_request.hpp"
#include "base/logging.hpp"
#include "http/json_writer.hpp"
#include "http/text.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kTargetBytesMax = 1'000;
constexpr const char* kCursorSecret = "list cursors";
constexpr const char* kRolledBack = "answered without a change";

// Whether If-None-Match names this tag (RFC 9110, 13.1.2).
bool names_tag(std::string_view list, std::string_view tag) {
  while (!list.empty()) {
    std::string_view item = http::take_element(list, ',');
    if (item.starts_with("W/")) item.remove_prefix(2);
    if (item == "*" || item == tag) return true;
  }
  return false;
}

ChangeAuthor author_of(const http::Request& request) {
  return {request.principal.key_id, request.request_id, request.principal.scopes,
          limit_of(request.principal), request.principal.is_operator};
}

}  // namespace

void EntityService::prepare() {
  if (const auto secret = catalog_.secret(kCursorSecret); !secret) {
    log_warn("lists are answered once the catalog can be written",
             {{"error", secret.error().message}});
  }
}

http::Response EntityService::list(const http::Request& request, EntityKind kind,
                                   const std::string& tenant_id) {
  const auto secret = catalog_.secret(kCursorSecret);
  if (!secret) return http::problem(request, secret.error());
  auto read = read_list_request(request, kind, tenant_id, *secret);
  if (auto* refusal = std::get_if<http::Response>(&read)) return std::move(*refusal);
  auto& list = std::get<ListRequest>(read);
  const ObjectLimit limit = limit_of(request.principal);
  if (auto ok = narrow(limit, catalog_.entities(), list.query); !ok) {
    return http::problem(request, ok.error());
  }
  auto found = catalog_.entities().list(list.query);
  if (!found) return http::problem(request, found.error());
  if (kind == EntityKind::user) {
    tell_read(request, tenant_id, "", std::min(found->size(), list.query.limit - 1));
  }
  return list_answer(request, list, *std::move(found), *secret, [&](const Entity& entity) {
    if (kind != EntityKind::ad || !limit.is_set()) return true;
    const auto visible = is_visible(request, entity);
    return visible && *visible;
  });
}

http::Response EntityService::audit(const http::Request& request, const std::string& tenant_id) {
  const auto secret = catalog_.secret(kCursorSecret);
  if (!secret) return http::problem(request, secret.error());
  return answer_audit(request, catalog_.entities().audit(), tenant_id, *secret);
}

http::Response EntityService::verify_audit_of(const http::Request& request,
                                              const std::string& tenant_id) {
  const auto verdict = verify_audit(catalog_.entities().audit(), tenant_id, heads_noted());
  if (!verdict) return http::problem(request, verdict.error());
  http::JsonWriter json;
  write_verdict(json, *verdict);
  return {200, "application/json", {{"Cache-Control", "no-store"}}, std::move(json).take()};
}

// Of every chain, so that a chain whose end was cut off is found out.
std::vector<AuditHead> EntityService::heads_noted() {
  std::vector<AuditHead> heads = catalog_.entities().audit().written();
  if (!noted_) return heads;
  std::vector<AuditHead> more = noted_();
  heads.insert(heads.end(), more.begin(), more.end());
  return heads;
}

http::Response EntityService::get(const http::Request& request, EntityKind kind,
                                  const std::string& tenant_id, const std::string& id) {
  const auto found = catalog_.entities().find(tenant_id, kind, id);
  if (!found) return http::problem(request, found.error());
  const auto is_his = *found ? is_visible(request, **found) : Result<bool>(false);
  if (!is_his) return http::problem(request, is_his.error());
  if (!*is_his) {
    return http::problem(request, 404, "not_found",
                         fmt::format("There is no {} {}.", entity_kind_name(kind), id));
  }
  http::Response answer = entity_answer(200, **found);
  if (names_tag(request.header("if-none-match"), entity_tag_of(**found))) {
    answer.status = 304;
    answer.body.clear();
  }
  if (kind == EntityKind::user && answer.status == 200) tell_read(request, tenant_id, id, 1);
  return answer;
}

Result<bool> EntityService::is_visible(const http::Request& request, const Entity& entity) {
  return is_within(limit_of(request.principal), entity,
                   [&](EntityKind kind, const std::string& id) {
                     return catalog_.entities().find(entity.tenant_id, kind, id);
                   });
}

// What cannot be written is told in the log: the reader has a right to the data all the same.
void EntityService::tell_read(const http::Request& request, const std::string& tenant_id,
                              const std::string& id, std::size_t count) {
  http::JsonWriter json;
  json.begin_object().member("target", request.target.substr(0, kTargetBytesMax));
  json.member("count", std::uint64_t{count}).end_object();
  const auto written =
      write_audit(catalog_.entities(), {.tenant_id = tenant_id,
                                        .time_us = clock_.wall_us(),
                                        .actor = request.principal.key_id,
                                        .action = "read",
                                        .kind = std::string(entity_kind_name(EntityKind::user)),
                                        .object_id = id,
                                        .after = std::move(json).take(),
                                        .request_id = request.request_id});
  if (!written) {
    log_error("a read of users is missing in the audit log", {{"error", written.error().message}});
  }
}

http::Response EntityService::create(const http::Request& request, EntityKind kind,
                                     const std::string& tenant_id, const std::string& id) {
  auto read = read_write_request(request, true, false);
  if (auto* refusal = std::get_if<http::Response>(&read)) return std::move(*refusal);
  const auto& write = std::get<WriteRequest>(read);
  return answer_one(request, write, tenant_id,
                    {.verb = ChangeVerb::create, .kind = kind, .id = id, .body = &write.body});
}

http::Response EntityService::change(const http::Request& request, ChangeVerb verb, EntityKind kind,
                                     const std::string& tenant_id, const std::string& id) {
  auto read = read_write_request(request, true, true);
  if (auto* refusal = std::get_if<http::Response>(&read)) return std::move(*refusal);
  const auto& write = std::get<WriteRequest>(read);
  return answer_one(request, write, tenant_id,
                    {.verb = verb,
                     .kind = kind,
                     .id = id,
                     .body = &write.body,
                     .expected_version = write.expected_version});
}

http::Response EntityService::remove(const http::Request& request, EntityKind kind,
                                     const std::string& tenant_id, const std::string& id) {
  auto read = read_write_request(request, false, true);
  if (auto* refusal = std::get_if<http::Response>(&read)) return std::move(*refusal);
  const auto& write = std::get<WriteRequest>(read);
  return answer_one(request, write, tenant_id,
                    {.verb = ChangeVerb::remove,
                     .kind = kind,
                     .id = id,
                     .expected_version = write.expected_version});
}

http::Response EntityService::answer_one(const http::Request& request, const WriteRequest& write,
                                         const std::string& tenant_id, const EntityChange& change) {
  return answer_once(request, write, change.kind, tenant_id,
                     [&](EntityTransaction& transaction) -> Result<http::Response> {
                       EntityWriter writer(transaction, tenant_id, clock_.wall_us(),
                                           author_of(request));
                       auto outcome = writer.apply(change);
                       if (!outcome) return outcome.error();
                       if (auto* refusal = std::get_if<Refusal>(&*outcome)) {
                         return refusal_answer(request, std::move(*refusal));
                       }
                       const auto& done = std::get<ChangeDone>(*outcome);
                       if (change.verb == ChangeVerb::remove)
                         return http::Response{204, "", {}, ""};
                       return entity_answer(done.before ? 200 : 201, done.after);
                     });
}

http::Response EntityService::bulk(const http::Request& request, EntityKind kind,
                                   const std::string& tenant_id) {
  auto read = read_write_request(request, true, false);
  if (auto* refusal = std::get_if<http::Response>(&read)) return std::move(*refusal);
  const auto& write = std::get<WriteRequest>(read);
  const auto items = bulk_items(write.body);
  if (!items) return http::problem(request, 422, "invalid_body", items.error().message);
  return answer_once(request, write, kind, tenant_id, [&](EntityTransaction& transaction) {
    EntityWriter writer(transaction, tenant_id, clock_.wall_us(), author_of(request));
    return bulk_upsert(request, kind, *items, write.is_strict, writer);
  });
}

http::Response EntityService::answer_once(const http::Request& request, const WriteRequest& write,
                                          EntityKind kind, const std::string& tenant_id,
                                          const Answer& work) {
  const TimeUs now_us = clock_.wall_us();
  std::optional<http::Response> answer;
  const auto committed =
      catalog_.entities().transact(tenant_id, [&](EntityTransaction& transaction) -> Result<void> {
        auto earlier = earlier_answer(transaction, request, write.name, now_us);
        if (!earlier) return earlier.error();
        if (*earlier) {
          answer = **std::move(earlier);
          return Error{ErrorCode::conflict, kRolledBack};
        }
        auto made = work(transaction);
        if (!made) return made.error();
        answer = *std::move(made);
        if (answer->status >= 300) return Error{ErrorCode::conflict, kRolledBack};
        return keep_answer(transaction, request, write.name, *answer, now_us);
      });
  if (!committed) {
    const bool was_meant = answer && committed.error().message == kRolledBack;
    return was_meant ? *std::move(answer) : http::problem(request, committed.error());
  }
  changed_(kind);
  return *std::move(answer);
}

}  // namespace adbacus
