// What every catalog backend promises about the objects of tenants, as a suite: instantiate
// EntityContract with ValuesIn(entity_contract(backend)).
#pragma once

#include <string>
#include <vector>

#include "catalog/entity_store.hpp"
#include "catalog/testing/contract.hpp"

namespace adbacus::testing {

std::vector<CatalogBackend> entity_contract(CatalogBackend backend);

class EntityContract : public CatalogContract {
 protected:
  void SetUp() override;  // "tenant 1" and "tenant 2" are there
  EntityStore& store() { return catalog_->entities(); }
  void reopen() {
    catalog_.reset();
    catalog_ = stage_->open();
  }
  // The version after the one that is there.
  Result<Entity> put(const std::string& tenant, EntityKind kind, const std::string& id,
                     const std::string& body, const std::vector<EntityTerm>& terms = {},
                     TimeUs deleted_us = 0);
  std::vector<std::string> ids(const EntityQuery& query);
};

// What it promises about the audit log; instantiated likewise.
std::vector<CatalogBackend> audit_contract(CatalogBackend backend);

class AuditContract : public EntityContract {
 protected:
  AuditEntry append(AuditEntry entry);  // as the log has it
};

}  // namespace adbacus::testing
