#include "catalog/sqlite/sqlite_catalog.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <mutex>
#include <utility>

#include "base/file_system.hpp"
#include "base/logging.hpp"
#include "base/rng.hpp"
#include "catalog/api_key.hpp"
#include "catalog/schema/stored.hpp"
#include "catalog/sqlite/database.hpp"
#include "catalog/sqlite/schema.hpp"
#include "catalog/sqlite/sqlite_entities.hpp"
#include "catalog/sqlite/sqlite_sign_ins.hpp"

namespace adbacus {
namespace {

constexpr std::string_view kKeyColumns =
    "SELECT id, tenant_id, name, secret_hash, scopes, is_operator, is_public, origins, created_us, "
    "expires_us, revoked_us, last_used_us, quota, quota_period_s, placements FROM api_keys ";

// The condition keeps what may not change; no changed row then means conflict.
constexpr std::string_view kPutKey =
    "INSERT INTO api_keys (id, tenant_id, name, secret_hash, scopes, is_operator, is_public, "
    "origins, "
    "created_us, expires_us, revoked_us, last_used_us, quota, quota_period_s, placements) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (id) DO UPDATE SET name = excluded.name, scopes = excluded.scopes, "
    "origins = excluded.origins, created_us = excluded.created_us, "
    "expires_us = excluded.expires_us, revoked_us = excluded.revoked_us, "
    "last_used_us = max(last_used_us, excluded.last_used_us), quota = excluded.quota, "
    "quota_period_s = excluded.quota_period_s, placements = excluded.placements "
    "WHERE tenant_id IS excluded.tenant_id AND secret_hash = excluded.secret_hash "
    "AND is_operator = excluded.is_operator AND is_public = excluded.is_public "
    "AND (revoked_us = 0 OR excluded.revoked_us != 0)";
constexpr std::string_view kRecordUse =
    "UPDATE api_keys SET last_used_us = ? WHERE id = ? AND last_used_us < ?";

// Past its expiry: clocks of issuers differ, and so may ours.
constexpr TimeUs kDeniedKeptUs = kDayUs;

// Neither origins nor ids contain control characters (check_key), so lines can hold them.
std::string join_lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text.append(line).push_back('\n');
  return text;
}

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

ApiKey key_of(const Statement& row) {
  return {.id = row.text(0),
          .tenant_id = row.text(1),
          .name = row.text(2),
          .secret_hash = row.text(3),
          .scopes = static_cast<std::uint32_t>(row.number(4)),
          .is_operator = row.number(5) != 0,
          .is_public = row.number(6) != 0,
          .origins = split_lines(row.text(7)),
          .placements = split_lines(row.text(14)),
          .created_us = row.number(8),
          .expires_us = row.number(9),
          .revoked_us = row.number(10),
          .last_used_us = row.number(11),
          .quota = static_cast<std::uint32_t>(row.number(12)),
          .quota_period_s = static_cast<std::uint32_t>(row.number(13))};
}

template <class T>
std::optional<T> first_of(std::vector<T> rows) {
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

class SqliteCatalog final : public Catalog {
 public:
  explicit SqliteCatalog(Database database) : database_(std::move(database)) {}

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
  std::mutex mutex_;  // guards database_
  Database database_;
  SqliteEntities entities_{mutex_, database_};
  SqliteSignIns sign_ins_{mutex_, database_};
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
  const std::lock_guard lock(mutex_);
  auto statement = database_.prepare(kPutKey);
  if (!statement) return statement.error();
  const std::string origins = join_lines(key.origins);
  const std::string placements = join_lines(key.placements);
  statement->bind(key.id);
  if (key.is_operator) {
    statement->bind_null();
  } else {
    statement->bind(key.tenant_id);
  }
  statement->bind(key.name)
      .bind(key.secret_hash)
      .bind(key.scopes)
      .bind(key.is_operator)
      .bind(key.is_public)
      .bind(origins)
      .bind(key.created_us)
      .bind(key.expires_us)
      .bind(key.revoked_us)
      .bind(key.last_used_us)
      .bind(key.quota)
      .bind(key.quota_period_s)
      .bind(placements);
  if (auto ok = statement->run(); !ok) {
    if (ok.error().code != ErrorCode::not_found) return ok;
    return Error{ErrorCode::not_found, "tenant " + key.tenant_id + " does not exist"};
  }
  if (database_.changes() == 0) {
    return Error{ErrorCode::conflict, "key " + key.id + " is revoked or another key"};
  }
  return {};
}

Result<std::optional<ApiKey>> SqliteCatalog::key(const std::string& id) {
  const std::lock_guard lock(mutex_);
  auto statement = database_.prepare(std::string(kKeyColumns) + "WHERE id = ?");
  if (!statement) return statement.error();
  statement->bind(id);
  auto rows = rows_of(*statement, key_of);
  if (!rows) return rows.error();
  return first_of(*std::move(rows));
}

Result<std::vector<ApiKey>> SqliteCatalog::keys(const std::string& tenant_or_empty) {
  const std::lock_guard lock(mutex_);
  const std::string where = tenant_or_empty.empty() ? "" : "WHERE tenant_id = ? ";
  auto statement = database_.prepare(std::string(kKeyColumns) + where + "ORDER BY created_us, id");
  if (!statement) return statement.error();
  if (!tenant_or_empty.empty()) statement->bind(tenant_or_empty);
  return rows_of(*statement, key_of);
}

Result<std::string> SqliteCatalog::secret(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto select = [&]() -> Result<std::optional<std::string>> {
    auto statement = database_.prepare("SELECT secret FROM secrets WHERE name = ?");
    if (!statement) return statement.error();
    auto row = statement->bind(name).step();
    if (!row) return row.error();
    return *row ? std::optional(statement->text(0)) : std::nullopt;
  };
  // Readers must not need the write lock: only the first who asks does.
  auto found = select();
  if (!found) return found.error();
  if (*found) return **std::move(found);
  std::array<std::byte, 32> bytes;
  secure_random(bytes);
  const std::string made = hash_to_hex(bytes);
  auto insert =
      database_.prepare("INSERT INTO secrets (name, secret) VALUES (?, ?) ON CONFLICT DO NOTHING");
  if (!insert) return insert.error();
  if (auto ok = insert->bind(name).bind(made).run(); !ok) return ok.error();
  found = select();  // another process may have been faster
  if (!found) return found.error();
  return found->value_or(made);
}

Result<void> SqliteCatalog::record_key_use(std::span<const KeyUse> uses) {
  const std::lock_guard lock(mutex_);
  auto transaction = Transaction::begin(database_);
  if (!transaction) return transaction.error();
  auto statement = database_.prepare(kRecordUse);
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
  const std::lock_guard lock(mutex_);
  auto forget =
      database_.prepare("DELETE FROM denied_tokens WHERE expires_us != 0 AND expires_us < ?");
  if (!forget) return forget.error();
  if (auto ok = forget->bind(token.denied_us - kDeniedKeptUs).run(); !ok) return ok;
  auto insert = database_.prepare(
      "INSERT INTO denied_tokens (tenant_id, issuer, token_id, denied_us, expires_us) "
      "VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");
  if (!insert) return insert.error();
  insert->bind(token.tenant_id).bind(token.issuer).bind(token.token_id);
  auto ok = insert->bind(token.denied_us).bind(token.expires_us).run();
  if (ok || ok.error().code != ErrorCode::not_found) return ok;
  return Error{ErrorCode::not_found, "tenant " + token.tenant_id + " does not exist"};
}

Result<std::vector<DeniedToken>> SqliteCatalog::denied_tokens(const std::string& tenant_or_empty) {
  const std::lock_guard lock(mutex_);
  const std::string where = tenant_or_empty.empty() ? "" : "WHERE tenant_id = ? ";
  auto statement = database_.prepare(
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

}  // namespace

Result<std::unique_ptr<Catalog>> open_sqlite_catalog(const CatalogOptions& options) {
  auto database = open_for(options, [](Database& opened) -> Result<void> {
    const std::string settings =
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON";
    if (auto ok = opened.execute(settings); !ok) return ok;
    return migrate_schema(opened);
  });
  if (!database) return database.error();
  return std::unique_ptr<Catalog>(std::make_unique<SqliteCatalog>(*std::move(database)));
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
