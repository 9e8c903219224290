#include "catalog/sqlite/schema.hpp"

#include <fmt/format.h>
#include <iterator>

namespace adbacus {
namespace {

constexpr std::int64_t kApplicationId = 0x61646263;  // "adbc", in the file's header

// Entry n takes a file from version n to n + 1. Entries are only ever added.
constexpr const char* kMigrations[] = {
    R"sql(
CREATE TABLE tenants (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  currency TEXT NOT NULL,
  timezone TEXT NOT NULL,
  created_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  tenant_id TEXT REFERENCES tenants (id),
  name TEXT NOT NULL,
  secret_hash TEXT NOT NULL,
  scopes INTEGER NOT NULL,
  is_operator INTEGER NOT NULL,
  is_public INTEGER NOT NULL,
  origins TEXT NOT NULL,
  created_us INTEGER NOT NULL,
  expires_us INTEGER NOT NULL,
  revoked_us INTEGER NOT NULL,
  last_used_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX api_keys_by_tenant ON api_keys (tenant_id);
)sql",
    // A tenant becomes an object like all others; its row stays as what keys and objects hang on.
    R"sql(
CREATE TABLE entities (
  tenant_id TEXT NOT NULL REFERENCES tenants (id),
  kind INTEGER NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  change INTEGER NOT NULL UNIQUE,
  ordinal INTEGER NOT NULL,
  created_us INTEGER NOT NULL,
  updated_us INTEGER NOT NULL,
  deleted_us INTEGER NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (tenant_id, kind, id)
) STRICT;
CREATE INDEX entities_by_place ON entities (tenant_id, kind, ordinal);
CREATE TABLE entity_terms (
  tenant_id TEXT NOT NULL,
  kind INTEGER NOT NULL,
  field TEXT NOT NULL,
  value TEXT NOT NULL,
  id TEXT NOT NULL,
  refers_to INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, kind, field, value, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX entity_terms_by_object ON entity_terms (tenant_id, kind, id);
CREATE INDEX entity_terms_by_target ON entity_terms (tenant_id, refers_to, value)
  WHERE refers_to != 0;
CREATE TABLE id_counters (
  tenant_id TEXT PRIMARY KEY,
  last_id INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO entities (tenant_id, kind, id, version, change, ordinal, created_us, updated_us,
                      deleted_us, body)
  SELECT id, 1, id, 1, row_number() OVER (ORDER BY created_us, id),
         row_number() OVER (ORDER BY created_us, id), created_us, created_us, 0,
         json_object('name', name, 'currency', currency, 'timezone', timezone)
  FROM tenants;
ALTER TABLE tenants DROP COLUMN name;
ALTER TABLE tenants DROP COLUMN currency;
ALTER TABLE tenants DROP COLUMN timezone;
ALTER TABLE tenants DROP COLUMN created_us;
)sql",
    R"sql(
CREATE TABLE kept_answers (
  owner TEXT NOT NULL,
  route TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  status INTEGER NOT NULL,
  location TEXT NOT NULL,
  etag TEXT NOT NULL,
  body TEXT NOT NULL,
  created_us INTEGER NOT NULL,
  PRIMARY KEY (owner, route, idempotency_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX kept_answers_by_age ON kept_answers (created_us);
CREATE TABLE secrets (
  name TEXT PRIMARY KEY,
  secret TEXT NOT NULL
) STRICT, WITHOUT ROWID;
)sql",
    R"sql(
CREATE TABLE audit (
  tenant_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  time_us INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  kind TEXT NOT NULL,
  object_id TEXT NOT NULL,
  before TEXT NOT NULL,
  after TEXT NOT NULL,
  request_id TEXT NOT NULL,
  hash TEXT NOT NULL,
  UNIQUE (tenant_id, seq)
) STRICT;
CREATE INDEX audit_by_object ON audit (tenant_id, kind, object_id, seq);
)sql",
    // Ownership becomes a scope: whoever had all others was an owner.
    R"sql(
UPDATE api_keys SET scopes = scopes | 32 WHERE scopes & 31 = 31;
)sql",
    R"sql(
ALTER TABLE api_keys ADD COLUMN quota INTEGER NOT NULL DEFAULT 0;
ALTER TABLE api_keys ADD COLUMN quota_period_s INTEGER NOT NULL DEFAULT 0;
)sql",
    R"sql(
CREATE TABLE denied_tokens (
  tenant_id TEXT NOT NULL REFERENCES tenants (id),
  issuer TEXT NOT NULL,
  token_id TEXT NOT NULL,
  denied_us INTEGER NOT NULL,
  expires_us INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, issuer, token_id)
) STRICT, WITHOUT ROWID;
)sql",
    R"sql(
CREATE TABLE passwords (
  tenant_id TEXT NOT NULL REFERENCES tenants (id),
  user_id TEXT NOT NULL,
  hash TEXT NOT NULL,
  changed_us INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id),
  user_id TEXT NOT NULL,
  created_us INTEGER NOT NULL,
  expires_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_user ON sessions (tenant_id, user_id);
)sql",
    R"sql(
ALTER TABLE api_keys ADD COLUMN placements TEXT NOT NULL DEFAULT '';
)sql",
};

}  // namespace

Result<std::int64_t> schema_version(Database& database) {
  const auto application = database.pragma("application_id");
  if (!application) return application.error();
  const auto version = database.pragma("user_version");
  if (!version) return version.error();
  const auto current = static_cast<std::int64_t>(std::size(kMigrations));
  if (*application != kApplicationId) {
    const auto pages = database.pragma("schema_version");
    if (!pages) return pages.error();
    if (*application != 0 || *version != 0 || *pages != 0) {
      return Error{ErrorCode::conflict, "catalog database: the file belongs to another program"};
    }
  }
  if (*version > current) {
    return Error{ErrorCode::conflict,
                 fmt::format("catalog database: schema {} was written by a newer adbacus, "
                             "this one knows {}",
                             *version, current)};
  }
  return version;
}

Result<void> migrate_schema(Database& database) {
  auto transaction = Transaction::begin(database);
  if (!transaction) return transaction.error();
  const auto version = schema_version(database);
  if (!version) return version.error();
  const auto current = static_cast<std::int64_t>(std::size(kMigrations));
  for (std::int64_t step = *version; step < current; ++step) {
    if (auto ok = database.execute(kMigrations[step]); !ok) return ok;
  }
  const std::string stamp =
      fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kApplicationId, current);
  if (*version < current) {
    if (auto ok = database.execute(stamp); !ok) return ok;
  }
  return transaction->commit();
}

}  // namespace adbacus
