#include "catalog/entity_writer.hpp"

#include <fmt/format.h>
#include <utility>

#include "catalog/lineage.hpp"
#include "catalog/owners.hpp"
#include "catalog/schema/field_reader.hpp"
#include "catalog/schema/field_writer.hpp"
#include "catalog/schema/stored.hpp"
#include "catalog/scope_names.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kReferrersShown = 10;
constexpr std::string_view kOwnMembers[] = {"id", "tenant_id"};
constexpr std::string_view kReservedId = "bulk";  // a path of its own below each kind

Refusal no_such(const EntityChange& change) {
  return {RefusalReason::not_found,
          fmt::format("There is no {} {}.", entity_kind_name(change.kind), change.id)};
}

Refusal taken(const EntityChange& change, const std::string& id, bool is_alive) {
  return {RefusalReason::id_taken,
          fmt::format("There {} a {} with the id {}.", is_alive ? "is" : "was",
                      entity_kind_name(change.kind), id),
          {{change.pointer + "/id", "id_taken", "is taken for good"}}};
}

// The field by which an object belongs to somebody, where it may be missing.
std::string_view owner_field(EntityKind kind) {
  return kind == EntityKind::campaign ? "/advertiser_id" : "/campaign_id";
}

// `id` and `tenant_id` of a body, which are no fields of the schema.
struct OwnMembers {
  std::string id;  // empty: not sent
  std::optional<Refusal> refusal;
};

OwnMembers own_members(const EntityChange& change, const std::string& tenant_id) {
  OwnMembers own;
  if (const JsonNode* id = change.body->member("id")) {
    const auto read = read_id(*id);
    if (!read || *read == kReservedId) {
      const std::string why = read ? "is reserved" : read.error().message;
      own.refusal = Refusal{RefusalReason::invalid,
                            "The id cannot be used.",
                            {{change.pointer + "/id", "invalid_value", why}}};
      return own;
    }
    own.id = *read;
  }
  if (const JsonNode* tenant = change.body->member("tenant_id")) {
    const auto read = read_id(*tenant);
    if (!read || *read != tenant_id) {
      own.refusal = Refusal{RefusalReason::tenant_mismatch,
                            "tenant_id is not the tenant of this credential."};
    }
  }
  return own;
}

std::optional<Refusal> read_body(const Schema& schema, const EntityChange& change, ReadMode mode,
                                 void* object) {
  Problems problems;
  read_fields(schema, *change.body, mode, change.pointer, kOwnMembers, object, problems);
  if (problems.empty()) return std::nullopt;
  return Refusal{RefusalReason::invalid, fmt::format("The {} has wrong fields.", schema.name),
                 std::move(problems)};
}

std::optional<Refusal> check_version(const EntityChange& change, const Entity& entity) {
  if (!change.expected_version || *change.expected_version == entity.version) return std::nullopt;
  return Refusal{
      RefusalReason::version_differs,
      fmt::format("It is at version {}, not {}.", entity.version, *change.expected_version)};
}

}  // namespace

Result<ChangeOutcome> EntityWriter::apply(const EntityChange& change) {
  std::string id = change.id;
  if (change.body != nullptr) {
    if (change.body->type != JsonNode::Type::object) {
      return {Refusal{RefusalReason::invalid,
                      "The body is no object.",
                      {{change.pointer, "invalid_type", "must be an object"}}}};
    }
    OwnMembers own = own_members(change, tenant_id_);
    if (own.refusal) return {*std::move(own.refusal)};
    if (!id.empty() && !own.id.empty() && own.id != id) {
      return {Refusal{RefusalReason::invalid,
                      "The id never changes.",
                      {{change.pointer + "/id", "read_only", "is the id of the path"}}}};
    }
    if (id.empty()) id = own.id;
  }
  std::optional<Entity> before;
  if (!id.empty()) {
    auto found = transaction_.find(change.kind, id);
    if (!found) return found.error();
    before = *std::move(found);
  }
  const bool is_alive = before && before->deleted_us == 0;
  const bool may_make = change.verb == ChangeVerb::create || change.verb == ChangeVerb::upsert;
  if (before && author_.limit.is_set()) {
    const auto mine = is_mine(*before);
    if (!mine) return mine.error();
    if (!*mine) return {may_make ? taken(change, id, is_alive) : no_such(change)};
  }
  if (is_alive && change.verb != ChangeVerb::create) {
    if (auto differs = check_version(change, *before)) return {*std::move(differs)};
    if (change.verb == ChangeVerb::remove) return remove(change, *before);
    return change_existing(change, *before);
  }
  if (!may_make) return {no_such(change)};
  if (before) return {taken(change, id, is_alive)};
  if (change.expected_version) return {no_such(change)};
  return make(change, id);
}

Result<ChangeOutcome> EntityWriter::make(const EntityChange& change, const std::string& id) {
  const Schema& schema = schema_of(change.kind);
  const std::shared_ptr<void> object = schema.make();
  if (auto refusal = read_body(schema, change, ReadMode::create, object.get())) {
    return {*std::move(refusal)};
  }
  Entity entity{.kind = change.kind, .tenant_id = tenant_id_, .id = id, .created_us = now_us_};
  return store(change, object.get(), std::move(entity), std::nullopt);
}

Result<ChangeOutcome> EntityWriter::change_existing(const EntityChange& change,
                                                    const Entity& before) {
  const Schema& schema = schema_of(change.kind);
  const std::shared_ptr<void> old = schema.make();
  if (auto ok = read_stored(schema, before.body, old.get()); !ok) return ok.error();
  const std::shared_ptr<void> object = schema.make();
  const bool merges = change.verb == ChangeVerb::merge;
  if (merges) {
    if (auto ok = read_stored(schema, before.body, object.get()); !ok) return ok.error();
  }
  if (auto refusal =
          read_body(schema, change, merges ? ReadMode::merge : ReadMode::replace, object.get())) {
    return {*std::move(refusal)};
  }
  if (schema.refused_change != nullptr) {
    const std::string_view field = schema.refused_change(old.get(), object.get());
    if (!field.empty()) {
      return {Refusal{RefusalReason::invalid_transition,
                      fmt::format("The {} cannot change that way.", schema.name),
                      {{change.pointer + std::string(field), "invalid_transition",
                        "does not lead from the present value"}}}};
    }
  }
  return store(change, object.get(), before, before);
}

Result<ChangeOutcome> EntityWriter::store(const EntityChange& change, const void* object,
                                          Entity entity, std::optional<Entity> before) {
  const Schema& schema = schema_of(change.kind);
  auto refused = check_rights(change, object, before);
  entity.body = stored_body(schema, object);
  if (refused && !*refused && before && before->body == entity.body)
    return {ChangeDone{before, *before, false}};
  if (refused && !*refused) refused = check_owners(change, object, before);
  if (refused && !*refused) refused = check_references(change, schema, object);
  if (refused && !*refused) refused = check_unique(change, schema, object, entity.id);
  if (refused && !*refused) refused = check_lineage(transaction_, change, object);
  if (refused && !*refused && before) {
    refused = check_followers(transaction_, change, *before, object);
  }
  if (refused && !*refused) refused = check_limit(change, entity);
  if (!refused) return refused.error();
  if (*refused) return {**std::move(refused)};
  if (entity.id.empty()) {
    auto id = transaction_.next_id(change.kind);
    if (!id) return id.error();
    entity.id = *std::move(id);
  }
  ++entity.version;
  entity.updated_us = now_us_;
  const auto terms = entity_terms(schema, object, tenant_id_);
  if (auto ok = transaction_.put(entity, terms); !ok) return ok.error();
  if (auto ok = audit(before ? &*before : nullptr, entity); !ok) return ok.error();
  return {ChangeDone{std::move(before), std::move(entity), true}};
}

Result<ChangeOutcome> EntityWriter::remove(const EntityChange& change, Entity entity) {
  auto refused = check_rights(change, nullptr, entity);
  if (refused && !*refused) refused = check_owners(change, nullptr, entity);
  if (!refused) return refused.error();
  if (*refused) return {**refused};
  const auto holders = transaction_.referring_to(change.kind, entity.id, kReferrersShown);
  if (!holders) return holders.error();
  if (!holders->empty()) {
    std::string names;
    for (const EntityKey& key : *holders) {
      names +=
          fmt::format("{}{} {}", names.empty() ? "" : ", ", entity_kind_name(key.kind), key.id);
    }
    return {Refusal{RefusalReason::in_use, fmt::format("It is in use by {}.", names)}};
  }
  Entity before = entity;
  ++entity.version;
  entity.updated_us = entity.deleted_us = now_us_;
  if (auto ok = transaction_.put(entity, {}); !ok) return ok.error();
  if (auto ok = audit(&before, entity); !ok) return ok.error();
  return {ChangeDone{std::move(before), std::move(entity), true}};
}

Result<void> EntityWriter::audit(const Entity* before, const Entity& after) {
  const bool is_deleted = after.deleted_us != 0;
  AuditEntry entry{.tenant_id = tenant_id_,
                   .time_us = now_us_,
                   .actor = author_.actor,
                   .action = is_deleted          ? "delete"
                             : before != nullptr ? "update"
                                                 : "create",
                   .kind = std::string(entity_kind_name(after.kind)),
                   .object_id = after.id,
                   .before = before != nullptr ? before->body : std::string(),
                   .after = is_deleted ? std::string() : after.body,
                   .request_id = author_.request_id};
  return transaction_.append_audit(entry);
}

// The same answer for what does not exist, was deleted or belongs to another tenant.
EntityWriter::Check EntityWriter::check_references(const EntityChange& change, const Schema& schema,
                                                   const void* object) {
  std::vector<Reference> references;
  if (schema.references != nullptr) schema.references(object, references);
  for (FieldValue& value : filter_values(schema, object)) {
    if (value.field->type != FieldType::reference) continue;
    references.push_back(
        {fmt::format("/{}", value.field->name), value.field->refers_to, std::move(value.value)});
  }
  Problems problems;
  for (const Reference& reference : references) {
    const auto found = transaction_.find(reference.kind, reference.id);
    if (!found) return found.error();
    const bool is_there = *found && (*found)->deleted_us == 0;
    if (is_there && !limit_allows(author_.limit, reference.kind, ObjectUse::read)) continue;
    const auto mine = is_there ? is_mine(**found) : Result<bool>(false);
    if (!mine) return mine.error();
    if (*mine) continue;
    problems.push_back({change.pointer + reference.pointer, "not_found",
                        fmt::format("there is no such {}", entity_kind_name(reference.kind))});
  }
  if (problems.empty()) return {std::nullopt};
  return {Refusal{RefusalReason::reference_not_found, "It refers to what does not exist.",
                  std::move(problems)}};
}

// What it refers to is the author's own already; here it must belong to something of it.
EntityWriter::Check EntityWriter::check_limit(const EntityChange& change, const Entity& entity) {
  const auto mine = is_mine(entity);
  if (!mine) return mine.error();
  if (*mine) return {std::nullopt};
  return {Refusal{RefusalReason::invalid,
                  "It belongs to nobody, and whoever is limited makes only what is his.",
                  {{fmt::format("{}{}", change.pointer, owner_field(change.kind)), "required",
                    "must name something of the caller's"}}}};
}

Result<bool> EntityWriter::is_mine(const Entity& entity) {
  return is_within(author_.limit, entity, [this](EntityKind kind, const std::string& id) {
    return transaction_.find(kind, id);
  });
}

EntityWriter::Check EntityWriter::check_unique(const EntityChange& change, const Schema& schema,
                                               const void* object, const std::string& id) {
  for (const FieldValue& value : filter_values(schema, object)) {
    if (!value.field->is_unique) continue;
    const std::string name(value.field->name);
    const auto others = transaction_.with_value(change.kind, name, value.value, 2);
    if (!others) return others.error();
    for (const EntityKey& other : *others) {
      if (other.id == id) continue;
      return {Refusal{RefusalReason::not_unique,
                      fmt::format("The {} {} has this {}.", schema.name, other.id, name),
                      {{change.pointer + "/" + name, "not_unique", "is taken"}}}};
    }
  }
  return {std::nullopt};
}

// Nobody gives more than he has, nor touches whoever has more: else an administrator would make
// himself an owner. `object` is null where the user goes away.
EntityWriter::Check EntityWriter::check_rights(const EntityChange& change, const void* object,
                                               const std::optional<Entity>& before) const {
  if (change.kind != EntityKind::user) return {std::nullopt};
  std::uint32_t needed =
      object != nullptr ? role_scopes(static_cast<const User*>(object)->role) : 0;
  if (before) {
    const auto user = read_entity<User>(*before);
    if (!user) return user.error();
    needed |= role_scopes(user->role);
  }
  if ((needed & ~author_.scopes) == 0) return {std::nullopt};
  return {
      Refusal{RefusalReason::exceeds_author,
              "A role gives no more than its giver has, and only those who have as much change "
              "whoever has it.",
              {{change.pointer + "/role", "missing_scope", "may do more than this credential"}}}};
}

EntityWriter::Check EntityWriter::check_owners(const EntityChange& change, const void* object,
                                               const std::optional<Entity>& before) {
  if (change.kind != EntityKind::user || !before || author_.stands_above) return {std::nullopt};
  const auto user = read_entity<User>(*before);
  if (!user) return user.error();
  const bool stays = object != nullptr && is_owner(*static_cast<const User*>(object));
  if (!is_owner(*user) || stays) return {std::nullopt};
  const auto other = has_other_owner(transaction_, now_us_, "", before->id);
  if (!other) return other.error();
  if (*other) return {std::nullopt};
  return {Refusal{RefusalReason::last_owner,
                  "This is the tenant's last owner: make another one or a key with the scope own "
                  "first."}};
}

}  // namespace adbacus
