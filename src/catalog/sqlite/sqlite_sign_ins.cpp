#include "catalog/sqlite/sqlite_sign_ins.hpp"

namespace adbacus {
namespace {

Result<void> end_sessions_of(Database& database, const std::string& tenant_id,
                             const std::string& user_id, std::size_t keep) {
  auto statement = database.prepare(
      "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE tenant_id = ? AND "
      "user_id = ? ORDER BY created_us DESC, id LIMIT -1 OFFSET ?)");
  if (!statement) return statement.error();
  return statement->bind(tenant_id).bind(user_id).bind(static_cast<std::int64_t>(keep)).run();
}

Result<void> no_such_tenant(const Result<void>& outcome, const std::string& tenant_id) {
  if (outcome || outcome.error().code != ErrorCode::not_found) return outcome;
  return Error{ErrorCode::not_found, "tenant " + tenant_id + " does not exist"};
}

}  // namespace

Result<void> SqliteSignIns::put_password(const StoredPassword& password) {
  const std::lock_guard lock(writes_.mutex);
  auto transaction = Transaction::begin(writes_.database);
  if (!transaction) return transaction.error();
  {
    auto statement = writes_.database.prepare(
        "INSERT INTO passwords (tenant_id, user_id, hash, changed_us) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (tenant_id, user_id) DO UPDATE SET hash = excluded.hash, "
        "changed_us = excluded.changed_us");
    if (!statement) return statement.error();
    statement->bind(password.tenant_id).bind(password.user_id).bind(password.hash);
    const auto written = statement->bind(password.changed_us).run();
    if (!written) return no_such_tenant(written, password.tenant_id);
  }
  if (auto ok = end_sessions_of(writes_.database, password.tenant_id, password.user_id, 0); !ok) {
    return ok;
  }
  return transaction->commit();
}

Result<std::optional<StoredPassword>> SqliteSignIns::password(const std::string& tenant_id,
                                                              const std::string& user_id) {
  const std::lock_guard lock(reads_.mutex);
  auto statement = reads_.database.prepare(
      "SELECT tenant_id, user_id, hash, changed_us FROM passwords WHERE tenant_id = ? AND "
      "user_id = ?");
  if (!statement) return statement.error();
  auto row = statement->bind(tenant_id).bind(user_id).step();
  if (!row) return row.error();
  if (!*row) return {std::nullopt};
  return {StoredPassword{statement->text(0), statement->text(1), statement->text(2),
                         statement->number(3)}};
}

Result<void> SqliteSignIns::open_session(const StoredSession& session, std::size_t per_user_max) {
  const std::lock_guard lock(writes_.mutex);
  auto transaction = Transaction::begin(writes_.database);
  if (!transaction) return transaction.error();
  {
    auto forget = writes_.database.prepare("DELETE FROM sessions WHERE expires_us <= ?");
    if (!forget) return forget.error();
    if (auto ok = forget->bind(session.created_us).run(); !ok) return ok;
    auto statement = writes_.database.prepare(
        "INSERT INTO sessions (id, tenant_id, user_id, created_us, expires_us) "
        "VALUES (?, ?, ?, ?, ?)");
    if (!statement) return statement.error();
    statement->bind(session.id).bind(session.tenant_id).bind(session.user_id);
    const auto written = statement->bind(session.created_us).bind(session.expires_us).run();
    if (!written) return no_such_tenant(written, session.tenant_id);
  }
  if (auto ok = end_sessions_of(writes_.database, session.tenant_id, session.user_id, per_user_max);
      !ok) {
    return ok;
  }
  return transaction->commit();
}

Result<void> SqliteSignIns::end_session(const std::string& id) {
  const std::lock_guard lock(writes_.mutex);
  auto statement = writes_.database.prepare("DELETE FROM sessions WHERE id = ?");
  if (!statement) return statement.error();
  return statement->bind(id).run();
}

Result<std::vector<StoredSession>> SqliteSignIns::sessions(TimeUs now_us) {
  const std::lock_guard lock(reads_.mutex);
  auto statement = reads_.database.prepare(
      "SELECT id, tenant_id, user_id, created_us, expires_us FROM sessions WHERE expires_us > ? "
      "ORDER BY id");
  if (!statement) return statement.error();
  statement->bind(now_us);
  std::vector<StoredSession> sessions;
  for (;;) {
    auto row = statement->step();
    if (!row) return row.error();
    if (!*row) return sessions;
    sessions.push_back({statement->text(0), statement->text(1), statement->text(2),
                        statement->number(3), statement->number(4)});
  }
}

}  // namespace adbacus
