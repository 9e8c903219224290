#include "catalog/sqlite/sqlite_entities.hpp"

#include <deque>
#include <fmt/format.h>
#include <utility>

#include "catalog/sqlite/sqlite_keys.hpp"
#include "http/json_writer.hpp"

namespace adbacus {
namespace {

constexpr std::string_view kColumns =
    "SELECT kind, tenant_id, id, version, change, ordinal, created_us, updated_us, deleted_us, "
    "body FROM entities ";
constexpr std::string_view kInsert =
    "INSERT INTO entities (kind, tenant_id, id, version, change, ordinal, created_us, updated_us, "
    "deleted_us, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr std::string_view kUpdate =
    "UPDATE entities SET version = ?, change = ?, updated_us = ?, deleted_us = ?, body = ?, "
    "created_us = ? WHERE tenant_id = ? AND kind = ? AND id = ? AND version = ?";
constexpr std::string_view kReferring =
    "SELECT t.kind, t.id FROM entity_terms t JOIN entities e ON e.tenant_id = t.tenant_id AND "
    "e.kind = t.kind AND e.id = t.id WHERE t.tenant_id = ? AND t.refers_to = ? AND t.value = ? "
    "AND e.deleted_us = 0 ORDER BY e.ordinal LIMIT ?";
constexpr std::string_view kWithValue =
    "SELECT t.kind, t.id FROM entity_terms t JOIN entities e ON e.tenant_id = t.tenant_id AND "
    "e.kind = t.kind AND e.id = t.id WHERE t.tenant_id = ? AND t.kind = ? AND t.field = ? AND "
    "t.value = ? AND e.deleted_us = 0 ORDER BY e.ordinal LIMIT ?";

std::int64_t number_of(EntityKind kind) {
  return static_cast<std::int64_t>(kind);
}

Entity entity_of(const Statement& row) {
  return {.kind = static_cast<EntityKind>(row.number(0)),
          .tenant_id = row.text(1),
          .id = row.text(2),
          .version = row.number(3),
          .change = row.number(4),
          .ordinal = row.number(5),
          .created_us = row.number(6),
          .updated_us = row.number(7),
          .deleted_us = row.number(8),
          .body = row.text(9)};
}

EntityKey key_of(const Statement& row) {
  return {static_cast<EntityKind>(row.number(0)), row.text(1)};
}

Result<std::optional<Entity>> find_row(Database& database, const std::string& tenant_id,
                                       EntityKind kind, const std::string& id) {
  auto statement =
      database.prepare(std::string(kColumns) + "WHERE tenant_id = ? AND kind = ? AND id = ?");
  if (!statement) return statement.error();
  statement->bind(tenant_id).bind(number_of(kind)).bind(id);
  auto row = statement->step();
  if (!row) return row.error();
  if (!*row) return {std::nullopt};
  return {entity_of(*statement)};
}

Result<std::int64_t> newest_change(Database& database) {
  auto statement = database.prepare("SELECT coalesce(max(change), 0) FROM entities");
  if (!statement) return statement.error();
  auto row = statement->step();
  if (!row) return row.error();
  return statement->number(0);
}

class SqliteTransaction final : public EntityTransaction {
 public:
  SqliteTransaction(Database& database, const std::string& tenant_id)
      : database_(database), tenant_id_(tenant_id) {}

  Result<std::optional<Entity>> find(EntityKind kind, const std::string& id) override {
    return find_row(database_, tenant_id_, kind, id);
  }

  Result<std::vector<EntityKey>> with_value(EntityKind kind, const std::string& field,
                                            const std::string& value, std::size_t limit) override {
    auto statement = database_.prepare(kWithValue);
    if (!statement) return statement.error();
    statement->bind(tenant_id_).bind(number_of(kind)).bind(field).bind(value);
    statement->bind(static_cast<std::int64_t>(limit));
    return rows_of(*statement, key_of);
  }

  Result<std::vector<EntityKey>> referring_to(EntityKind kind, const std::string& id,
                                              std::size_t limit) override {
    auto statement = database_.prepare(kReferring);
    if (!statement) return statement.error();
    statement->bind(tenant_id_).bind(number_of(kind)).bind(id);
    statement->bind(static_cast<std::int64_t>(limit));
    return rows_of(*statement, key_of);
  }

  Result<std::string> next_id(EntityKind kind) override {
    for (;;) {
      auto statement = database_.prepare(
          "INSERT INTO id_counters (tenant_id, last_id) VALUES (?, 1) ON CONFLICT (tenant_id) DO "
          "UPDATE SET last_id = last_id + 1 RETURNING last_id");
      if (!statement) return statement.error();
      statement->bind(tenant_id_);
      auto row = statement->step();
      if (!row) return row.error();
      std::string id = std::to_string(statement->number(0));
      if (auto done = statement->run(); !done) return done.error();
      const auto taken = find(kind, id);
      if (!taken) return taken.error();
      if (!*taken) return id;
    }
  }

  Result<void> put(Entity& entity, std::span<const EntityTerm> terms) override {
    if (entity.tenant_id != tenant_id_) {
      return Error{ErrorCode::internal, "an object of another tenant"};
    }
    const auto newest = newest_change(database_);
    if (!newest) return newest.error();
    entity.change = *newest + 1;
    if (auto ok = entity.version == 1 ? insert(entity) : update(entity); !ok) return ok;
    return put_terms(entity, terms);
  }

  Result<std::optional<KeptAnswer>> kept_answer(const std::string& owner, const std::string& route,
                                                const std::string& idempotency_key) override {
    auto statement = database_.prepare(
        "SELECT fingerprint, status, location, etag, body, created_us FROM kept_answers WHERE "
        "owner = ? AND route = ? AND idempotency_key = ?");
    if (!statement) return statement.error();
    auto row = statement->bind(owner).bind(route).bind(idempotency_key).step();
    if (!row) return row.error();
    if (!*row) return {std::nullopt};
    return {KeptAnswer{.owner = owner,
                       .route = route,
                       .idempotency_key = idempotency_key,
                       .fingerprint = statement->text(0),
                       .status = static_cast<int>(statement->number(1)),
                       .location = statement->text(2),
                       .etag = statement->text(3),
                       .body = statement->text(4),
                       .created_us = statement->number(5)}};
  }

  Result<void> keep_answer(const KeptAnswer& answer, TimeUs forget_before_us) override {
    auto forget = database_.prepare("DELETE FROM kept_answers WHERE created_us < ?");
    if (!forget) return forget.error();
    if (auto ok = forget->bind(forget_before_us).run(); !ok) return ok;
    auto insert = database_.prepare(
        "INSERT INTO kept_answers (owner, route, idempotency_key, fingerprint, status, location, "
        "etag, body, created_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    if (!insert) return insert.error();
    insert->bind(answer.owner).bind(answer.route).bind(answer.idempotency_key);
    insert->bind(answer.fingerprint).bind(answer.status).bind(answer.location).bind(answer.etag);
    return insert->bind(answer.body).bind(answer.created_us).run();
  }

  Result<void> append_audit(AuditEntry& entry) override {
    if (entry.tenant_id != tenant_id_) {
      return Error{ErrorCode::internal, "an audit entry of another tenant"};
    }
    if (auto ok = append_audit_row(database_, entry); !ok) return ok;
    appended_.push_back({entry.tenant_id, entry.seq, entry.hash});
    return {};
  }
  const std::vector<AuditHead>& appended() const { return appended_; }

  Result<void> put_key(const ApiKey& key) override {
    if (auto ok = check_key(key); !ok) return ok;
    if (key.tenant_id != tenant_id_) return Error{ErrorCode::internal, "a key of another tenant"};
    return put_key_row(database_, key);
  }

  Result<std::vector<ApiKey>> keys() override {
    return key_rows(database_, tenant_id_.empty() ? KeyOwner::operators : KeyOwner::tenant,
                    tenant_id_);
  }

 private:
  Result<void> insert(Entity& entity) {
    entity.ordinal = entity.change;
    if (entity.kind == EntityKind::tenant) {
      auto anchor = database_.prepare("INSERT OR IGNORE INTO tenants (id) VALUES (?)");
      if (!anchor) return anchor.error();
      if (auto ok = anchor->bind(entity.id).run(); !ok) return ok;
    }
    auto statement = database_.prepare(kInsert);
    if (!statement) return statement.error();
    statement->bind(number_of(entity.kind)).bind(tenant_id_).bind(entity.id).bind(entity.version);
    statement->bind(entity.change).bind(entity.ordinal).bind(entity.created_us);
    statement->bind(entity.updated_us).bind(entity.deleted_us).bind(entity.body);
    auto ok = statement->run();
    if (!ok && ok.error().code == ErrorCode::not_found) {
      return Error{ErrorCode::not_found, "tenant " + tenant_id_ + " does not exist"};
    }
    return ok;
  }

  Result<void> update(Entity& entity) {
    auto statement = database_.prepare(kUpdate);
    if (!statement) return statement.error();
    statement->bind(entity.version).bind(entity.change).bind(entity.updated_us);
    statement->bind(entity.deleted_us).bind(entity.body).bind(entity.created_us);
    statement->bind(tenant_id_).bind(number_of(entity.kind)).bind(entity.id);
    statement->bind(entity.version - 1);
    if (auto ok = statement->run(); !ok) return ok;
    if (database_.changes() == 1) return {};
    return Error{ErrorCode::conflict,
                 fmt::format("{} {} is not at version {}", entity_kind_name(entity.kind), entity.id,
                             entity.version - 1)};
  }

  Result<void> put_terms(const Entity& entity, std::span<const EntityTerm> terms) {
    auto remove =
        database_.prepare("DELETE FROM entity_terms WHERE tenant_id = ? AND kind = ? AND id = ?");
    if (!remove) return remove.error();
    remove->bind(tenant_id_).bind(number_of(entity.kind)).bind(entity.id);
    if (auto ok = remove->run(); !ok) return ok;
    auto insert = database_.prepare(
        "INSERT OR IGNORE INTO entity_terms (tenant_id, kind, field, value, id, refers_to) "
        "VALUES (?, ?, ?, ?, ?, ?)");
    if (!insert) return insert.error();
    for (const EntityTerm& term : terms) {
      insert->reset();
      insert->bind(tenant_id_).bind(number_of(entity.kind)).bind(term.field).bind(term.value);
      insert->bind(entity.id).bind(term.refers_to ? number_of(*term.refers_to) : 0);
      if (auto ok = insert->run(); !ok) return ok;
    }
    return {};
  }

  Database& database_;
  const std::string& tenant_id_;
  std::vector<AuditHead> appended_;
};

// Many values go in as one JSON list, for SQLite binds no more than 32,766 of them one by one, and
// are looked up once instead of once an object.
constexpr std::size_t kValuesBoundMax = 100;

bool is_bound_as_list(const EntityQuery::Filter& filter) {
  return filter.values.size() > kValuesBoundMax;
}

std::string condition(const EntityQuery::Filter& filter) {
  std::string values = "SELECT value FROM json_each(?)";
  if (!is_bound_as_list(filter)) {
    values.clear();
    for (std::size_t i = 0; i < filter.values.size(); ++i) values += i == 0 ? "?" : ", ?";
  }
  if (filter.field == kIdField) return fmt::format("id IN ({}) ", values);
  if (is_bound_as_list(filter)) {
    return fmt::format(
        "id IN (SELECT t.id FROM entity_terms t WHERE t.tenant_id = ? AND t.kind = ? AND "
        "t.field = ? AND t.value IN ({})) ",
        values);
  }
  return fmt::format(
      "EXISTS (SELECT 1 FROM entity_terms t WHERE t.tenant_id = entities.tenant_id AND "
      "t.kind = entities.kind AND t.field = ? AND t.value IN ({}) AND t.id = entities.id) ",
      values);
}

// Binds what condition() asks for; `lists` keeps texts until the rows are read.
void bind_condition(Statement& statement, const EntityQuery& query,
                    const EntityQuery::Filter& filter, std::deque<std::string>& lists) {
  const bool is_list = is_bound_as_list(filter);
  if (filter.field != kIdField) {
    if (is_list) statement.bind(query.tenant_id).bind(number_of(query.kind));
    statement.bind(filter.field);
  }
  if (!is_list) {
    for (const std::string& value : filter.values) statement.bind(value);
    return;
  }
  http::JsonWriter json;
  json.begin_array();
  for (const std::string& value : filter.values) json.value(value);
  json.end_array();
  statement.bind(lists.emplace_back(std::move(json).take()));
}

}  // namespace

Result<void> SqliteEntities::transact(const std::string& tenant_id, const Work& work) {
  const std::lock_guard lock(writes_.mutex);
  auto transaction = Transaction::begin(writes_.database);
  if (!transaction) return transaction.error();
  SqliteTransaction entities(writes_.database, tenant_id);
  if (auto done = work(entities); !done) return done;
  auto committed = transaction->commit();
  if (committed) audit_.remember(entities.appended());
  return committed;
}

Result<std::optional<Entity>> SqliteEntities::find(const std::string& tenant_id, EntityKind kind,
                                                   const std::string& id) {
  const std::lock_guard lock(reads_.mutex);
  auto found = find_row(reads_.database, tenant_id, kind, id);
  if (found && *found && (*found)->deleted_us != 0) return {std::nullopt};
  return found;
}

Result<std::vector<Entity>> SqliteEntities::list(const EntityQuery& query) {
  std::string sql(kColumns);
  const bool of_all = query.tenant_id.empty() && query.kind == EntityKind::tenant;
  sql += of_all ? "WHERE tenant_id >= ? " : "WHERE tenant_id = ? ";
  sql += "AND kind = ? AND deleted_us = 0 AND ordinal > ? ";
  for (const EntityQuery::Filter& filter : query.filters) sql += "AND " + condition(filter);
  std::string either;
  for (const EntityQuery::Filter& filter : query.any_of) {
    either += (either.empty() ? "" : "OR ") + condition(filter);
  }
  if (!either.empty()) sql += "AND (" + either + ") ";
  sql += "ORDER BY ordinal LIMIT ?";
  const std::lock_guard lock(reads_.mutex);
  auto statement = reads_.database.prepare(sql);
  if (!statement) return statement.error();
  statement->bind(query.tenant_id).bind(number_of(query.kind)).bind(query.after_ordinal);
  std::deque<std::string> lists;
  for (const auto* filters : {&query.filters, &query.any_of}) {
    for (const EntityQuery::Filter& filter : *filters) {
      bind_condition(*statement, query, filter, lists);
    }
  }
  statement->bind(static_cast<std::int64_t>(query.limit));
  return rows_of(*statement, entity_of);
}

Result<std::vector<Entity>> SqliteEntities::changes(std::int64_t after, std::size_t limit) {
  const std::lock_guard lock(reads_.mutex);
  auto statement =
      reads_.database.prepare(std::string(kColumns) + "WHERE change > ? ORDER BY change LIMIT ?");
  if (!statement) return statement.error();
  statement->bind(after).bind(static_cast<std::int64_t>(limit));
  return rows_of(*statement, entity_of);
}

Result<std::int64_t> SqliteEntities::last_change() {
  const std::lock_guard lock(reads_.mutex);
  return newest_change(reads_.database);
}

}  // namespace adbacus
