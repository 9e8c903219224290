#include "catalog/sqlite/sqlite_audit.hpp"

#include <limits>
#include <utility>

namespace adbacus {
namespace {

constexpr std::string_view kColumns =
    "SELECT tenant_id, seq, time_us, actor, action, kind, object_id, before, after, request_id, "
    "hash FROM audit ";

AuditEntry entry_of(const Statement& row) {
  return {.tenant_id = row.text(0),
          .seq = row.number(1),
          .time_us = row.number(2),
          .actor = row.text(3),
          .action = row.text(4),
          .kind = row.text(5),
          .object_id = row.text(6),
          .before = row.text(7),
          .after = row.text(8),
          .request_id = row.text(9),
          .hash = row.text(10)};
}

}  // namespace

Result<std::vector<AuditEntry>> SqliteAudit::newest(const AuditQuery& query) {
  std::string sql(kColumns);
  sql += "WHERE tenant_id = ? AND seq < ? ";
  const std::pair<const char*, const std::string*> filters[] = {
      {"AND kind = ? ", &query.kind},
      {"AND object_id = ? ", &query.object_id},
      {"AND actor = ? ", &query.actor},
      {"AND action = ? ", &query.action}};
  for (const auto& [text, value] : filters) {
    if (!value->empty()) sql += text;
  }
  sql += "ORDER BY seq DESC LIMIT ?";
  const std::lock_guard lock(reads_.mutex);
  auto statement = reads_.database.prepare(sql);
  if (!statement) return statement.error();
  statement->bind(query.tenant_id);
  statement->bind(query.before_seq == 0 ? std::numeric_limits<std::int64_t>::max()
                                        : query.before_seq);
  for (const auto& [text, value] : filters) {
    if (!value->empty()) statement->bind(*value);
  }
  statement->bind(static_cast<std::int64_t>(query.limit));
  return rows_of(*statement, entry_of);
}

Result<std::vector<AuditEntry>> SqliteAudit::read(const std::string& tenant_id,
                                                  std::int64_t after_seq, std::size_t limit) {
  const std::lock_guard lock(reads_.mutex);
  auto statement = reads_.database.prepare(std::string(kColumns) +
                                           "WHERE tenant_id = ? AND seq > ? ORDER BY seq LIMIT ?");
  if (!statement) return statement.error();
  statement->bind(tenant_id).bind(after_seq).bind(static_cast<std::int64_t>(limit));
  return rows_of(*statement, entry_of);
}

Result<std::vector<AuditHead>> SqliteAudit::heads() {
  const std::lock_guard lock(reads_.mutex);
  auto statement = reads_.database.prepare(
      "SELECT tenant_id, seq, hash FROM audit WHERE (tenant_id, seq) IN "
      "(SELECT tenant_id, max(seq) FROM audit GROUP BY tenant_id) ORDER BY tenant_id");
  if (!statement) return statement.error();
  return rows_of<AuditHead>(*statement, [](const Statement& row) -> AuditHead {
    return {row.text(0), row.number(1), row.text(2)};
  });
}

std::vector<AuditHead> SqliteAudit::written() {
  const std::lock_guard lock(written_mutex_);
  std::vector<AuditHead> heads;
  for (const auto& [tenant, written] : written_) heads.push_back(written.head);
  return heads;
}

// A chain that is shorter than it was had its end cut off: what was remembered of it stays, also
// when it has grown beyond that.
void SqliteAudit::remember(const std::vector<AuditHead>& appended) {
  const std::lock_guard lock(written_mutex_);
  for (const AuditHead& head : appended) {
    Written& written = written_[head.tenant_id];
    written.is_cut = written.is_cut || head.seq <= written.head.seq;
    if (!written.is_cut) written.head = head;
  }
}

Result<void> append_audit_row(Database& database, AuditEntry& entry) {
  auto last =
      database.prepare("SELECT seq, hash FROM audit WHERE tenant_id = ? ORDER BY seq DESC LIMIT 1");
  if (!last) return last.error();
  auto row = last->bind(entry.tenant_id).step();
  if (!row) return row.error();
  const std::string previous = *row ? last->text(1) : std::string();
  entry.seq = *row ? last->number(0) + 1 : 1;
  entry.hash = audit_hash(previous, entry);
  auto insert = database.prepare(
      "INSERT INTO audit (tenant_id, seq, time_us, actor, action, kind, object_id, before, after, "
      "request_id, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  if (!insert) return insert.error();
  insert->bind(entry.tenant_id).bind(entry.seq).bind(entry.time_us).bind(entry.actor);
  insert->bind(entry.action).bind(entry.kind).bind(entry.object_id).bind(entry.before);
  return insert->bind(entry.after).bind(entry.request_id).bind(entry.hash).run();
}

}  // namespace adbacus
