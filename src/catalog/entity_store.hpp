// Everything a tenant manages (campaigns, line items, ...) as versioned JSON bodies, whatever their
// kind. Each backend of the catalog has one (Catalog::entities()) and passes
// catalog/testing/entity_contract.cpp. What an object may hold and refer to is not decided here but
// in catalog/entity_writer.hpp. Calls may block on the database and are thread-safe; hot paths read
// a snapshot (catalog/snapshot.hpp).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "catalog/audit_log.hpp"
#include "model/entity_kind.hpp"

namespace adbacus {

struct ApiKey;

struct Entity {
  EntityKind kind = EntityKind::tenant;
  std::string tenant_id = {};
  std::string id = {};
  std::int64_t version = 0;  // 1 when made, one more with every change
  std::int64_t change = 0;   // number of its last change among all changes of the catalog
  std::int64_t ordinal = 0;  // number of its first change: its place in lists
  TimeUs created_us = 0;
  TimeUs updated_us = 0;
  TimeUs deleted_us = 0;  // 0: alive. A deleted object keeps its id and body for good
  std::string body = {};  // JSON object by its schema
  bool operator==(const Entity&) const = default;
};

// A value by which an object is found.
struct EntityTerm {
  std::string field;  // as in EntityQuery::Filter
  std::string value;
  std::optional<EntityKind> refers_to;  // the value is the id of an object of this kind
  bool operator==(const EntityTerm&) const = default;
};

struct EntityKey {
  EntityKind kind = EntityKind::tenant;
  std::string id = {};
  bool operator==(const EntityKey&) const = default;
};

// The answer to a request that made something, kept so that the same request again gets it again.
struct KeptAnswer {
  std::string owner;            // who asked
  std::string route;            // what for: "POST /v1/campaigns"
  std::string idempotency_key;  // as the request named itself
  std::string fingerprint;      // of the request's body
  int status = 200;
  std::string location = {};
  std::string etag = {};
  std::string body = {};
  TimeUs created_us = 0;
  bool operator==(const KeptAnswer&) const = default;
};

// Reads and writes of one tenant that take effect together. Nobody else writes meanwhile. Belongs
// to the thread that was given it.
class EntityTransaction {
 public:
  virtual ~EntityTransaction() = default;
  // Deleted ones too.
  virtual Result<std::optional<Entity>> find(EntityKind kind, const std::string& id) = 0;
  // Objects that are not deleted: with this value, or referring to this object; at most `limit`.
  virtual Result<std::vector<EntityKey>> with_value(EntityKind kind, const std::string& field,
                                                    const std::string& value,
                                                    std::size_t limit) = 0;
  virtual Result<std::vector<EntityKey>> referring_to(EntityKind kind, const std::string& id,
                                                      std::size_t limit) = 0;
  // The tenant's next decimal that no object of this kind has ever had.
  virtual Result<std::string> next_id(EntityKind kind) = 0;
  // Inserts if version is 1, else replaces version - 1; `terms` replace the earlier ones. Sets
  // change and ordinal. conflict: another version is there. not_found: there is no such tenant.
  virtual Result<void> put(Entity& entity, std::span<const EntityTerm> terms) = 0;
  // Answers belong to their owner, not to the tenant. Keeping one forgets all from before
  // `forget_before_us`; conflict: there is one of this owner, route and key.
  virtual Result<std::optional<KeptAnswer>> kept_answer(const std::string& owner,
                                                        const std::string& route,
                                                        const std::string& idempotency_key) = 0;
  virtual Result<void> keep_answer(const KeptAnswer& answer, TimeUs forget_before_us) = 0;
  // Sets seq and hash: the entry becomes the head of the tenant's chain.
  virtual Result<void> append_audit(AuditEntry& entry) = 0;
  // As Catalog::put_key, of the tenant's keys; of the empty tenant's, which are operators'.
  virtual Result<void> put_key(const ApiKey& key) = 0;
  virtual Result<std::vector<ApiKey>> keys() = 0;  // by creation, then id
};

inline constexpr std::string_view kIdField = "id";  // of every kind, beside its own fields

struct EntityQuery {
  struct Filter {  // one of the values, however many they are; without values nothing fits
    std::string field;
    std::vector<std::string> values;
  };
  std::string tenant_id;  // empty, which no tenant is: of the kind tenant all, of others none
  EntityKind kind = EntityKind::tenant;
  std::vector<Filter> filters = {};  // all of them
  std::vector<Filter> any_of = {};   // and at least one of these; empty: no condition
  std::int64_t after_ordinal = 0;
  std::size_t limit = 100;
};

class EntityStore {
 public:
  using Work = std::function<Result<void>(EntityTransaction&)>;
  virtual ~EntityStore() = default;
  // What `work` did takes effect if it returns success, and is on disk when this returns; else
  // nothing of it. `work` must not call the store.
  virtual Result<void> transact(const std::string& tenant_id, const Work& work) = 0;
  // nullopt: absent or deleted.
  virtual Result<std::optional<Entity>> find(const std::string& tenant_id, EntityKind kind,
                                             const std::string& id) = 0;
  // Not the deleted ones; by ordinal.
  virtual Result<std::vector<Entity>> list(const EntityQuery& query) = 0;
  // Of all tenants, deleted ones too, by change: what a reader that has seen everything up to
  // `after` lacks. An object that changed several times comes once, as it is now.
  virtual Result<std::vector<Entity>> changes(std::int64_t after, std::size_t limit) = 0;
  virtual Result<std::int64_t> last_change() = 0;  // 0: nothing was ever written
  virtual AuditLog& audit() = 0;                   // lives as long as the store
};

// An entry about what is no change of an object, in a transaction of its own.
Result<void> write_audit(EntityStore& store, AuditEntry entry);

}  // namespace adbacus
