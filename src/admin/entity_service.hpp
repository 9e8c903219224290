// The management API's work on the objects of one tenant, as requests in and answers out. Called by
// admin_routes on threads that may block; thread-safe.
#pragma once

#include <functional>
#include <string>

#include "admin/write_request.hpp"
#include "catalog/catalog.hpp"
#include "catalog/entity_writer.hpp"
#include "http/http.hpp"

namespace adbacus {

class EntityService {
 public:
  using NotedHeads = std::function<std::vector<AuditHead>()>;
  // `changed` is called after every change that took effect; `noted` (may be empty) knows heads of
  // the audit log's chains from earlier.
  EntityService(Catalog& catalog, Clock& clock, std::function<void(EntityKind)> changed,
                NotedHeads noted)
      : catalog_(catalog), clock_(clock), changed_(std::move(changed)), noted_(std::move(noted)) {}

  // Makes what reads need of the catalog, so that they need not write later.
  void prepare();
  http::Response list(const http::Request& request, EntityKind kind, const std::string& tenant_id);
  http::Response get(const http::Request& request, EntityKind kind, const std::string& tenant_id,
                     const std::string& id);
  // `id` is the server's choice for a tenant, else empty.
  http::Response create(const http::Request& request, EntityKind kind, const std::string& tenant_id,
                        const std::string& id);
  http::Response change(const http::Request& request, ChangeVerb verb, EntityKind kind,
                        const std::string& tenant_id, const std::string& id);
  http::Response remove(const http::Request& request, EntityKind kind, const std::string& tenant_id,
                        const std::string& id);
  http::Response audit(const http::Request& request, const std::string& tenant_id);
  http::Response verify_audit_of(const http::Request& request, const std::string& tenant_id);
  // Upserts of a list of objects; each is judged for itself, in strict mode all or nothing.
  http::Response bulk(const http::Request& request, EntityKind kind, const std::string& tenant_id);

 private:
  // Whether the caller's limit, if there is one, lets him see it.
  Result<bool> is_visible(const http::Request& request, const Entity& entity);
  // Writes into the audit log that somebody read who may sign in. `id` is empty for a list.
  void tell_read(const http::Request& request, const std::string& tenant_id, const std::string& id,
                 std::size_t count);
  std::vector<AuditHead> heads_noted();
  using Answer = std::function<Result<http::Response>(EntityTransaction& transaction)>;
  // The answer of `work`, or the one kept for this Idempotency-Key. A 2xx is committed and kept,
  // everything else is rolled back.
  http::Response answer_once(const http::Request& request, const WriteRequest& write,
                             EntityKind kind, const std::string& tenant_id, const Answer& work);
  http::Response answer_one(const http::Request& request, const WriteRequest& write,
                            const std::string& tenant_id, const EntityChange& change);

  Catalog& catalog_;
  Clock& clock_;
  const std::function<void(EntityKind)> changed_;
  const NotedHeads noted_;
};

}  // namespace adbacus
