#include "catalog/sqlite/sqlite_keys.hpp"

#include <utility>

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

}  // namespace

Result<void> put_key_row(Database& database, const ApiKey& key) {
  auto statement = database.prepare(kPutKey);
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
  if (database.changes() == 0) {
    return Error{ErrorCode::conflict, "key " + key.id + " is revoked or another key"};
  }
  return {};
}

Result<std::optional<ApiKey>> key_row(Database& database, const std::string& id) {
  auto statement = database.prepare(std::string(kKeyColumns) + "WHERE id = ?");
  if (!statement) return statement.error();
  statement->bind(id);
  auto rows = rows_of(*statement, key_of);
  if (!rows) return rows.error();
  if (rows->empty()) return {std::nullopt};
  return {std::move(rows->front())};
}

Result<std::vector<ApiKey>> key_rows(Database& database, KeyOwner owner,
                                     const std::string& tenant_id) {
  const char* where = owner == KeyOwner::anybody     ? ""
                      : owner == KeyOwner::operators ? "WHERE tenant_id IS NULL "
                                                     : "WHERE tenant_id = ? ";
  auto statement = database.prepare(std::string(kKeyColumns) + where + "ORDER BY created_us, id");
  if (!statement) return statement.error();
  if (owner == KeyOwner::tenant) statement->bind(tenant_id);
  return rows_of(*statement, key_of);
}

}  // namespace adbacus
