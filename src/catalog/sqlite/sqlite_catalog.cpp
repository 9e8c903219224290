#include "catalog/sqlite/sqlite_catalog.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <mutex>
#include <optional>
#include <utility>

#include "base/file_system.hpp"
#include "base/logging.hpp"
#include "base/rng.hpp"
#include "catalog/api_key.hpp"
#include "catalog/schema/stored.hpp"
#include "catalog/sqlite/database.hpp"
#include "catalog/sqlite/schema.hpp"
#include "catalog/sqlite/sqlite_entities.hpp"
#include "catalog/sqlite/sqlite_keys.hpp"
#include "catalog/sqlite/sqlite_sign_ins.hpp"

namespace adbacus {
namespace {

constexpr std::string_view kRecordUse =
    "UPDATE api_keys SET last_used_us = ? WHERE id = ? AND last_used_us < ?";

// Past its expiry: clocks of issuers differ, and so may ours.
constexpr TimeUs kDeniedKeptUs = kDayUs;

Result<std::optional<std::string>> find_secret(GuardedDatabase& from, const std::string& name) {
  const std::lock_guard lock(from.mutex);
  auto statement = from.database.prepare("SELECT secret FROM secrets WHERE name = ?");
  if (!statement) return statement.error();
  auto row = statement->bind(name).step();
  if (!row) return row.error();
  return {*row ? std::optional(statement->text(0)) : std::nullopt};
}

class SqliteCatalog final : public Catalog {
 public:
  // Without `reads` there is one connection for all.
  SqliteCatalog(Database writes, std::optional<Database> reads)
      : writes_{{}, std::move(writes)},
        own_reads_(reads ? new GuardedDatabase{{}, *std::move(reads)} : nullptr),
        reads_(own_reads_ ? *own_reads_ : writes_) {}

  EntityStore& entities() override { return entities_; }
  SignInStore& sign_ins() override { return sign_ins_; }
  Result<void> put_tenant(const Tenant& tenant) override;
  Result<std::optional<Tenant>> tenant(const std::string& id) override;
  Result<std::vector<Tenant>> tenants() override;
  Result<void> put_key(const ApiKey& key) override;
  Result<std::optional<ApiKey>> key(const std::string& id) override;
  Result<std::vector<ApiKey>> keys(const std::string& tenant_or_empty) override;
  Result<std::string> secret(const std::string& name) override;
  Result<void> record_key_use(std::span<const KeyUse> uses) override;
  Result<void> deny_token(const DeniedToken& token) override;
  Result<std::vector<DeniedToken>> denied_tokens(const std::string& tenant_or_empty) override;

 private:
  GuardedDatabase writes_;
  // Of its own, so that nobody who reads waits for whoever waits to write.
  std::unique_ptr<GuardedDatabase> own_reads_;
  GuardedDatabase& reads_;
  SqliteEntities entities_{writes_, reads_};
  SqliteSignIns sign_ins_{writes_, reads_};
};

Result<void> SqliteCatalog::put_tenant(const Tenant& tenant) {
  if (auto ok = check_tenant(tenant); !ok) return ok;
  return entities_.transact(tenant.id, [&](EntityTransaction& transaction) -> Result<void> {
    auto found = transaction.find(EntityKind::tenant, tenant.id);
    if (!found) return found.error();
    if (*found && (*found)->deleted_us != 0) {
      return Error{ErrorCode::conflict, "tenant " + tenant.id + " was deleted"};
    }
    Entity entity = *found ? **found : Entity{.tenant_id = tenant.id, .id = tenant.id};
    ++entity.version;
    entity.created_us = entity.updated_us = tenant.created_us;
    entity.body = tenant_body(tenant);
    return transaction.put(entity, {});
  });
}

Result<std::optional<Tenant>> SqliteCatalog::tenant(const std::string& id) {
  const auto found = entities_.find(id, EntityKind::tenant, id);
  if (!found) return found.error();
  if (!*found) return {std::nullopt};
  auto tenant = tenant_of(**found);
  if (!tenant) return tenant.error();
  return {*std::move(tenant)};
}

Result<std::vector<Tenant>> SqliteCatalog::tenants() {
  EntityQuery everyone;
  everyone.limit = std::numeric_limits<std::int32_t>::max();
  const auto found = entities_.list(everyone);
  if (!found) return found.error();
  std::vector<Tenant> tenants;
  for (const Entity& entity : *found) {
    auto tenant = tenant_of(entity);
    if (!tenant) return tenant.error();
    tenants.push_back(*std::move(tenant));
  }
  std::sort(tenants.begin(), tenants.end(),
            [](const Tenant& a, const Tenant& b) { return a.id < b.id; });
  return tenants;
}

Result<void> SqliteCatalog::put_key(const ApiKey& key) {
  if (auto ok = check_key(key); !ok) return ok;
  const std::lock_guard lock(writes_.mutex);
  return put_key_row(writes_.database, key);
}

Result<std::optional<ApiKey>> SqliteCatalog::key(const std::string& id) {
  const std::lock_guard lock(reads_.mutex);
  return key_row(reads_.database, id);
}

Result<std::vector<ApiKey>> SqliteCatalog::keys(const std::string& tenant_or_empty) {
  const std::lock_guard lock(reads_.mutex);
  return key_rows(reads_.database, tenant_or_empty.empty() ? KeyOwner::anybody : KeyOwner::tenant,
                  tenant_or_empty);
}

// Readers must not need the write lock: only the first who asks does.
Result<std::string> SqliteCatalog::secret(const std::string& name) {
  auto found = find_secret(reads_, name);
  if (!found) return found.error();
  if (*found) return **std::move(found);
  std::array<std::byte, 32> bytes;
  secure_random(bytes);
  const std::string made = hash_to_hex(bytes);
  {
    const std::lock_guard lock(writes_.mutex);
    auto insert = writes_.database.prepare(
        "INSERT INTO secrets (name, secret) VALUES (?, ?) ON CONFLICT DO NOTHING");
    if (!insert) return insert.error();
    if (auto ok = insert->bind(name).bind(made).run(); !ok) return ok.error();
  }
  found = find_secret(reads_, name);  // another process may have been faster
  if (!found) return found.error();
  return found->value_or(made);
}

Result<void> SqliteCatalog::record_key_use(std::span<const KeyUse> uses) {
  const std::lock_guard lock(writes_.mutex);
  auto transaction = Transaction::begin(writes_.database);
  if (!transaction) return transaction.error();
  auto statement = writes_.database.prepare(kRecordUse);
  if (!statement) return statement.error();
  for (const KeyUse& use : uses) {
    statement->reset();
    statement->bind(use.last_used_us).bind(use.id).bind(use.last_used_us);
    if (auto ok = statement->run(); !ok) return ok;
  }
  statement->reset();  // a statement still open would keep the commit from finishing
  return transaction->commit();
}

Result<void> SqliteCatalog::deny_token(const DeniedToken& token) {
  if (auto ok = check_denied_token(token); !ok) return ok;
  const std::lock_guard lock(writes_.mutex);
  auto forget = writes_.database.prepare(
      "DELETE FROM denied_tokens WHERE expires_us != 0 AND expires_us < ?");
  if (!forget) return forget.error();
  if (auto ok = forget->bind(token.denied_us - kDeniedKeptUs).run(); !ok) return ok;
  auto insert = writes_.database.prepare(
      "INSERT INTO denied_tokens (tenant_id, issuer, token_id, denied_us, expires_us) "
      "VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");
  if (!insert) return insert.error();
  insert->bind(token.tenant_id).bind(token.issuer).bind(token.token_id);
  auto ok = insert->bind(token.denied_us).bind(token.expires_us).run();
  if (ok || ok.error().code != ErrorCode::not_found) return ok;
  return Error{ErrorCode::not_found, "tenant " + token.tenant_id + " does not exist"};
}

Result<std::vector<DeniedToken>> SqliteCatalog::denied_tokens(const std::string& tenant_or_empty) {
  const std::lock_guard lock(reads_.mutex);
  const std::string where = tenant_or_empty.empty() ? "" : "WHERE tenant_id = ? ";
  auto statement = reads_.database.prepare(
      "SELECT tenant_id, issuer, token_id, denied_us, expires_us FROM denied_tokens " + where +
      "ORDER BY denied_us, token_id");
  if (!statement) return statement.error();
  if (!tenant_or_empty.empty()) statement->bind(tenant_or_empty);
  return rows_of<DeniedToken>(*statement, [](const Statement& row) -> DeniedToken {
    return {.tenant_id = row.text(0),
            .issuer = row.text(1),
            .token_id = row.text(2),
            .denied_us = row.number(3),
            .expires_us = row.number(4)};
  });
}

// `use` is the first to look at the file. Where the disk has no room for the index that processes
// share beside a write-ahead log, the database is opened once more for this process alone: then the
// index lies in memory, and reads need nothing more.
template <class Use>
Result<Database> open_for(const CatalogOptions& options, const Use& use) {
  auto database = Database::open(options.path, options.busy_timeout_ms);
  if (!database) return database.error();
  auto used = use(*database);
  if (used) return database;
  if (used.error().code != ErrorCode::storage_full) return used.error();
  database = Database::open(options.path, options.busy_timeout_ms);
  if (!database) return database.error();
  if (auto ok = database->execute("PRAGMA locking_mode = EXCLUSIVE"); !ok) return ok.error();
  if (auto again = use(*database); !again) return again.error();
  log_warn("catalog: no room on the disk; it is shut to other processes");
  return database;
}

// A damaged page would be told of only by whoever comes by it, as a failure of that request.
Result<void> check_pages(Database& database) {
  auto check = database.prepare("PRAGMA quick_check(1)");
  auto row = check ? check->step() : Result<bool>(check.error());
  if (row && *row && check->text(0) == "ok") return {};
  if (!row && row.error().code != ErrorCode::corrupt) return row.error();
  const std::string what = row && *row ? check->text(0) : "it cannot be read";
  return Error{ErrorCode::corrupt, "it is damaged: " + what};
}

// nullopt: there can be no second connection (memory, or a disk so full that the first one is
// alone), and none is needed.
std::optional<Database> open_for_reads(const CatalogOptions& options) {
  if (options.path == ":memory:") return std::nullopt;
  auto database = Database::open(options.path, 0);
  if (!database || !database->execute("PRAGMA query_only = ON")) return std::nullopt;
  if (!schema_version(*database)) return std::nullopt;
  return *std::move(database);
}

}  // namespace

Result<std::unique_ptr<Catalog>> open_sqlite_catalog(const CatalogOptions& options) {
  auto database = open_for(options, [](Database& opened) -> Result<void> {
    const std::string settings =
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON";
    if (auto ok = opened.execute(settings); !ok) return ok;
    if (auto ok = check_pages(opened); !ok) return ok;
    return migrate_schema(opened);
  });
  if (!database) return database.error();
  return std::unique_ptr<Catalog>(
      std::make_unique<SqliteCatalog>(*std::move(database), open_for_reads(options)));
}

Result<void> check_sqlite_catalog(const CatalogOptions& options) {
  auto there = real_file_system().exists(options.path);
  if (!there) return there.error();
  if (!*there) return {};
  const auto database = open_for(options, [](Database& opened) -> Result<void> {
    const auto version = schema_version(opened);
    return version ? Result<void>() : version.error();
  });
  return database ? Result<void>() : database.error();
}

Result<void> copy_sqlite_catalog(const CatalogOptions& options, const std::string& to) {
  auto there = real_file_system().exists(options.path);
  if (!there) return there.error();
  if (!*there) return Error{ErrorCode::not_found, "there is no catalog at " + options.path};
  auto database = Database::open(options.path, options.busy_timeout_ms);
  if (!database) return database.error();
  auto copy = database->prepare("VACUUM INTO ?");
  if (!copy) return copy.error();
  return copy->bind(to).run();
}

}  // namespace adbacus
