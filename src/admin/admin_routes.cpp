#include "admin/admin_routes.hpp"

#include <fmt/format.h>
#include <memory>
#include <utility>

#include "admin/audit_answer.hpp"
#include "admin/list_request.hpp"
#include "catalog/schema/field_reader.hpp"
#include "catalog/schema/schema_text.hpp"
#include "catalog/schema/schemas.hpp"
#include "http/deferred_answer.hpp"

namespace adbacus {
namespace {

constexpr std::string_view kListSchema =
    R"({{"type":"object","properties":{{"data":{{"type":"array","items":{}}},)"
    R"("next_cursor":{{"type":["string","null"]}},"has_more":{{"type":"boolean"}}}}}})";
constexpr std::string_view kBulkSchema =
    R"({{"oneOf":[{{"type":"array","maxItems":1000,"items":{0}}},{{"type":"object",)"
    R"("properties":{{"items":{{"type":"array","maxItems":1000,"items":{0}}}}}}}]}})";
constexpr std::string_view kBulkAnswerSchema =
    R"({"type":"object","properties":{"created":{"type":"integer"},)"
    R"("updated":{"type":"integer"},"unchanged":{"type":"integer"},)"
    R"("failed":{"type":"integer"},"results":{"type":"array","items":{"type":"object",)"
    R"("properties":{"index":{"type":"integer"},"status":{"type":"integer"},)"
    R"("id":{"type":"string"},"version":{"type":"integer"},"code":{"type":"string"},)"
    R"("detail":{"type":"string"},"errors":{"type":"array","items":{"type":"object"}}}}}}})";

http::ParamSpec header_param(const char* name, const char* text) {
  return {name, "header", "string", false, text};
}

const http::ParamSpec kIfMatch = header_param(
    "If-Match", "ETag of the version that is changed; another one is 412. Needed in strict mode");

}  // namespace

AdminRoutes::AdminRoutes(Catalog& catalog, Clock& clock, std::function<void(EntityKind)> changed,
                         const AdminOptions& options)
    : catalog_(catalog),
      service_(catalog, clock, std::move(changed), options.noted_heads),
      pool_(options.pool),
      reads_(options.reads) {
  service_.prepare();
}

void AdminRoutes::add_routes(http::Router& router) {
  for (const EntityKind kind : kEntityKinds) {
    for (const Action action : {Action::list, Action::create, Action::bulk, Action::get,
                                Action::replace, Action::merge, Action::remove}) {
      // Tenants are made one by one: each is a space of ids of its own.
      if (kind != EntityKind::tenant || action != Action::bulk) add(router, kind, action);
    }
  }
  add_audit(router);
}

http::RouteSpec AdminRoutes::spec_of(EntityKind kind, Action action) {
  http::RouteSpec spec;
  spec.path = fmt::format("/v1/{}", entity_kind_path(kind));
  spec.scope = http::scope_admin;
  spec.tags = {"management"};
  spec.response_body = schema_text(schema_of(kind), SchemaUse::answer);
  spec.unknown_params_refused = true;
  spec.for_limited = is_for_limited(kind, use_of(action));
  return spec;
}

void AdminRoutes::add(http::Router& router, EntityKind kind, Action action) {
  const Schema& schema = schema_of(kind);
  const std::string_view path = entity_kind_path(kind);
  http::RouteSpec spec = spec_of(kind, action);
  const auto reads = [&] {
    // Who may sign in is nobody's business but the administrators'.
    if (kind != EntityKind::user) spec.scope |= http::scope_read;
  };
  const auto about_one = [&] { spec.path += "/{id}"; };
  switch (action) {
    case Action::list:
      reads();
      spec.summary = fmt::format("List {}, oldest first", path);
      spec.params = list_params(kind);
      spec.response_body = fmt::format(fmt::runtime(kListSchema), spec.response_body);
      break;
    case Action::create:
      spec.method = http::Method::post;
      spec.summary = fmt::format("Make one of the {}", path);
      spec.params = {idempotency_key_param()};
      spec.request_body = schema_text(schema, SchemaUse::creation);
      spec.success_status = 201;
      break;
    case Action::bulk:
      spec.method = http::Method::post;
      spec.path += "/bulk";
      spec.summary = fmt::format("Make or replace up to 1,000 {}, by id", path);
      spec.params = {idempotency_key_param()};
      spec.request_body =
          fmt::format(fmt::runtime(kBulkSchema), schema_text(schema, SchemaUse::creation));
      spec.response_body = kBulkAnswerSchema;
      break;
    case Action::get:
      about_one();
      reads();
      spec.summary = fmt::format("Show one of the {}", path);
      spec.params = {header_param("If-None-Match", "ETag: 304 if it is still current")};
      break;
    case Action::replace:
    case Action::merge:
      about_one();
      spec.method = action == Action::merge ? http::Method::patch : http::Method::put;
      spec.summary = action == Action::merge
                         ? fmt::format("Change fields of one of the {} (RFC 7396)", path)
                         : fmt::format("Replace one of the {}; what is not sent is unset", path);
      spec.params = {kIfMatch};
      spec.request_body =
          schema_text(schema, action == Action::merge ? SchemaUse::change : SchemaUse::creation);
      break;
    case Action::remove:
      about_one();
      spec.method = http::Method::del;
      spec.summary = fmt::format("Delete one of the {}; its id is never used again", path);
      spec.params = {kIfMatch};
      spec.response_body.clear();
      spec.success_status = 204;
      break;
  }
  router.add(std::move(spec),
             [this, kind, action](const http::Request& request, http::Responder responder) {
               submit(request, std::move(responder), [this, kind, action](const auto& asked) {
                 return answer(asked, kind, action);
               });
             });
}

void AdminRoutes::add_audit(http::Router& router) {
  http::RouteSpec spec;
  spec.path = "/v1/audit";
  spec.scope = http::scope_admin;
  spec.tags = {"management"};
  spec.summary = "Who changed what, newest first; operators' own entries without a tenant";
  spec.params = audit_params();
  spec.unknown_params_refused = true;
  spec.response_body = audit_schema();
  router.add(spec, [this](const http::Request& request, http::Responder responder) {
    submit(request, std::move(responder),
           [this](const auto& asked) { return service_.audit(asked, asked.principal.tenant); });
  });
  spec.path = "/v1/audit/verify";
  spec.summary = "Recompute the hash chain of the audit log";
  spec.params.clear();
  spec.response_body =
      R"({"type":"object","properties":{"tenant_id":{"type":"string"},)"
      R"("intact":{"type":"boolean"},"entries":{"type":"integer"},"head":{"type":"string"},)"
      R"("broken":{"type":["string","null"]}}})";
  router.add(spec, [this](const http::Request& request, http::Responder responder) {
    submit(request, std::move(responder), [this](const auto& asked) {
      return service_.verify_audit_of(asked, asked.principal.tenant);
    });
  });
}

void AdminRoutes::submit(const http::Request& request, http::Responder responder, Work work) {
  auto answer_later = std::make_shared<http::DeferredAnswer>(request, std::move(responder));
  const bool reads = request.method == http::Method::get || request.method == http::Method::head;
  (reads ? reads_ : pool_).submit(request.principal.tenant, [answer_later, work = std::move(work)] {
    answer_later->send(work(answer_later->request()));
  });
}

ObjectUse AdminRoutes::use_of(Action action) {
  return action == Action::list || action == Action::get ? ObjectUse::read : ObjectUse::change;
}

http::Response AdminRoutes::answer(const http::Request& request, EntityKind kind, Action action) {
  if (!limit_allows(limit_of(request.principal), kind, use_of(action))) {
    return http::problem(request, 403, "limited_caller",
                         "This is not for callers with your limit to an advertiser or publisher.");
  }
  if (kind == EntityKind::tenant) return answer_about_tenants(request, action);
  const std::string& tenant = request.principal.tenant;
  if (tenant.empty()) {
    return http::problem(request, 422, "tenant_required",
                         "Name the tenant in the header X-Adbacus-Tenant.");
  }
  switch (action) {
    case Action::list:
      return service_.list(request, kind, tenant);
    case Action::create:
      return service_.create(request, kind, tenant, "");
    case Action::bulk:
      return service_.bulk(request, kind, tenant);
    case Action::get:
      return service_.get(request, kind, tenant, request.path_args[0]);
    case Action::replace:
      return service_.change(request, ChangeVerb::replace, kind, tenant, request.path_args[0]);
    case Action::merge:
      return service_.change(request, ChangeVerb::merge, kind, tenant, request.path_args[0]);
    case Action::remove:
      return service_.remove(request, kind, tenant, request.path_args[0]);
  }
  return http::problem(request, 500, "internal", "no such action");
}

// A tenant is an object within itself. Its own administrators may change it; operators, who stand
// above tenants, also make and delete.
http::Response AdminRoutes::answer_about_tenants(const http::Request& request, Action action) {
  const http::Principal& caller = request.principal;
  const bool stands_above = caller.is_operator && caller.tenant.empty();
  if (action == Action::list) {
    return service_.list(request, EntityKind::tenant, caller.tenant);  // of those above: all
  }
  if ((action == Action::create || action == Action::remove) && !caller.is_operator) {
    return http::problem(request, 403, "operator_only", "Only operators make and delete tenants.");
  }
  if (action == Action::create) return create_tenant(request);
  const std::string& id = request.path_args[0];
  if (!stands_above && id != caller.tenant) {
    return http::problem(request, 404, "not_found", fmt::format("There is no tenant {}.", id));
  }
  switch (action) {
    case Action::get:
      return service_.get(request, EntityKind::tenant, id, id);
    case Action::replace:
      return service_.change(request, ChangeVerb::replace, EntityKind::tenant, id, id);
    case Action::merge:
      return service_.change(request, ChangeVerb::merge, EntityKind::tenant, id, id);
    case Action::remove:
      return service_.remove(request, EntityKind::tenant, id, id);
    case Action::list:
    case Action::create:
    case Action::bulk:
      break;
  }
  return http::problem(request, 500, "internal", "no such action");
}

http::Response AdminRoutes::create_tenant(const http::Request& request) {
  // The transaction is the new tenant's own, so its id has to be known before.
  std::string id;
  if (const auto body = parse_json(request.body)) {
    if (const JsonNode* given = body->member("id")) {
      const auto read = read_id(*given);
      if (read) id = *read;
    }
  }
  for (std::int64_t number = 1; id.empty(); ++number) {
    const std::string candidate = std::to_string(number);
    const auto looked_up = catalog_.entities().transact(
        candidate, [&](EntityTransaction& transaction) -> Result<void> {
          const auto found = transaction.find(EntityKind::tenant, candidate);
          if (!found) return found.error();
          if (!*found) id = candidate;
          return {};
        });
    if (!looked_up) return http::problem(request, looked_up.error());
  }
  return service_.create(request, EntityKind::tenant, id, id);
}

}  // namespace adbacus
