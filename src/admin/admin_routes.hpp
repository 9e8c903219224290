// The management API: /v1/<kind> for every kind of object of the catalog (docs/api/catalog.md).
// Built by the service; handlers run on I/O threads, the catalog is asked on threads of the routes'
// own.
#pragma once

#include <functional>
#include <string>

#include "admin/entity_service.hpp"
#include "base/query_pool.hpp"
#include "http/router.hpp"

namespace adbacus {

struct AdminOptions {
  QueryPoolOptions pool{
      .threads = 2, .queue_max = 256, .running_per_tenant_max = 1, .name = "admin"};
  // Of their own: a write may wait for another process's lock.
  QueryPoolOptions reads{
      .threads = 2, .queue_max = 256, .running_per_tenant_max = 1, .name = "admin_reads"};
  EntityService::NotedHeads noted_heads = {};  // thread-safe
};

class AdminRoutes {
 public:
  // `changed` makes a change known to this process at once; called on a thread of the routes.
  AdminRoutes(Catalog& catalog, Clock& clock, std::function<void(EntityKind)> changed,
              const AdminOptions& options);
  void add_routes(http::Router& router);
  void stop() {  // idempotent
    pool_.stop();
    reads_.stop();
  }

 private:
  enum class Action : std::uint8_t { list, create, bulk, get, replace, merge, remove };
  static ObjectUse use_of(Action action);
  static http::RouteSpec spec_of(EntityKind kind, Action action);
  void add(http::Router& router, EntityKind kind, Action action);
  void add_audit(http::Router& router);
  using Work = std::function<http::Response(const http::Request& request)>;
  void submit(const http::Request& request, http::Responder responder, Work work);
  http::Response answer(const http::Request& request, EntityKind kind, Action action);
  http::Response answer_about_tenants(const http::Request& request, Action action);
  http::Response create_tenant(const http::Request& request);

  Catalog& catalog_;
  EntityService service_;
  QueryPool pool_;
  QueryPool reads_;
};

}  // namespace adbacus
