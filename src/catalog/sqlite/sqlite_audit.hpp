// The audit log in the catalog's SQLite file. Made and owned by the SQLite catalog, whose
// connections it uses.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "catalog/audit_log.hpp"
#include "catalog/sqlite/database.hpp"

namespace adbacus {

class SqliteAudit final : public AuditLog {
 public:
  explicit SqliteAudit(GuardedDatabase& reads) : reads_(reads) {}  // which must outlive the object

  Result<std::vector<AuditEntry>> newest(const AuditQuery& query) override;
  Result<std::vector<AuditEntry>> read(const std::string& tenant_id, std::int64_t after_seq,
                                       std::size_t limit) override;
  Result<std::vector<AuditHead>> heads() override;
  std::vector<AuditHead> written() override;
  // The entries of a transaction that was committed.
  void remember(const std::vector<AuditHead>& appended);

 private:
  GuardedDatabase& reads_;
  std::mutex written_mutex_;  // guards the next
  struct Written {
    AuditHead head;
    bool is_cut = false;  // an entry came in place of one that was written before
  };
  std::map<std::string, Written> written_;
};

// Within a transaction of the caller: sets seq and hash.
Result<void> append_audit_row(Database& database, AuditEntry& entry);

}  // namespace adbacus
