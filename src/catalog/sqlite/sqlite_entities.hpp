// The objects of tenants in the catalog's SQLite file. Made and owned by the SQLite catalog, whose
// connections it uses.
#pragma once

#include <mutex>

#include "catalog/entity_store.hpp"
#include "catalog/sqlite/database.hpp"
#include "catalog/sqlite/sqlite_audit.hpp"

namespace adbacus {

class SqliteEntities final : public EntityStore {
 public:
  // Both must outlive the object.
  SqliteEntities(GuardedDatabase& writes, GuardedDatabase& reads)
      : writes_(writes), reads_(reads), audit_(reads) {}

  Result<void> transact(const std::string& tenant_id, const Work& work) override;
  Result<std::optional<Entity>> find(const std::string& tenant_id, EntityKind kind,
                                     const std::string& id) override;
  Result<std::vector<Entity>> list(const EntityQuery& query) override;
  Result<std::vector<Entity>> changes(std::int64_t after, std::size_t limit) override;
  Result<std::int64_t> last_change() override;
  AuditLog& audit() override { return audit_; }

 private:
  GuardedDatabase& writes_;
  GuardedDatabase& reads_;
  SqliteAudit audit_;
};

}  // namespace adbacus
