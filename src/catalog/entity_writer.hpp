// The rules of change: what a new or changed object may hold, refer to and become. Backends store
// what this lets through. Used by the management API within a transaction; an object belongs to one
// thread.
#pragma once

#include <string>
#include <variant>

#include "catalog/entity_store.hpp"
#include "catalog/object_limit.hpp"
#include "catalog/schema/field.hpp"
#include "catalog/schema/json_node.hpp"

namespace adbacus {

enum class ChangeVerb : std::uint8_t {
  create,
  replace,
  merge,   // RFC 7396: fields that are not sent stay
  upsert,  // replaces what has this id, or creates it
  remove,  // for good: neither id nor object come back
};

struct EntityChange {
  ChangeVerb verb = ChangeVerb::create;
  EntityKind kind = EntityKind::campaign;
  std::string id = {};             // of create and upsert: empty, the body may have one
  const JsonNode* body = nullptr;  // not of remove
  std::string pointer = {};        // where the body stands in the request, for problems
  std::optional<std::int64_t> expected_version = {};
};

enum class RefusalReason : std::uint8_t {
  invalid,              // problems name the fields
  tenant_mismatch,      // the body names another tenant
  not_found,            // there is no such object
  reference_not_found,  // problems name the fields that refer to nothing of this tenant
  version_differs,      // from the expected one
  id_taken,             // now or by a deleted object
  not_unique,           // problems name the field
  invalid_transition,   // problems name the field
  in_use,               // other objects refer to it
  exceeds_author,       // gives, changes or takes more than the author has
  last_owner,           // nobody could give rights any more
};

struct Refusal {
  RefusalReason reason = RefusalReason::invalid;
  std::string detail;
  Problems problems = {};
};

struct ChangeDone {
  std::optional<Entity> before;  // nullopt: it was made
  Entity after;
  bool has_changed = true;  // false: it was already as asked for, and keeps its version
};

using ChangeOutcome = std::variant<ChangeDone, Refusal>;

struct ChangeAuthor {
  std::string actor;  // public part of the credential
  std::string request_id;
  std::uint32_t scopes = 0;   // http::Scope bits
  ObjectLimit limit = {};     // what is beyond it is not there for him, and nothing gets there
  bool stands_above = false;  // an operator, who can make a tenant's next owner
};

class EntityWriter {
 public:
  // `tenant_id` is the transaction's. Every change gets its entry in the audit log.
  EntityWriter(EntityTransaction& transaction, std::string tenant_id, TimeUs now_us,
               ChangeAuthor author)
      : transaction_(transaction),
        tenant_id_(std::move(tenant_id)),
        now_us_(now_us),
        author_(std::move(author)) {}

  // A refusal has written nothing. An error means that the transaction must be given up.
  Result<ChangeOutcome> apply(const EntityChange& change);

 private:
  using Check = Result<std::optional<Refusal>>;  // nullopt: nothing is wrong

  Result<ChangeOutcome> make(const EntityChange& change, const std::string& id);
  Result<ChangeOutcome> change_existing(const EntityChange& change, const Entity& before);
  Result<ChangeOutcome> remove(const EntityChange& change, Entity entity);
  Result<ChangeOutcome> store(const EntityChange& change, const void* object, Entity entity,
                              std::optional<Entity> before);
  Result<void> audit(const Entity* before, const Entity& after);
  Check check_references(const EntityChange& change, const Schema& schema, const void* object);
  Check check_unique(const EntityChange& change, const Schema& schema, const void* object,
                     const std::string& id);
  Check check_rights(const EntityChange& change, const void* object,
                     const std::optional<Entity>& before) const;
  Check check_owners(const EntityChange& change, const void* object,
                     const std::optional<Entity>& before);
  Check check_limit(const EntityChange& change, const Entity& entity);
  Result<bool> is_mine(const Entity& entity);

  EntityTransaction& transaction_;
  const std::string tenant_id_;
  const TimeUs now_us_;
  const ChangeAuthor author_;
};

}  // namespace adbacus
