// Who changed what, as a chain: every entry's hash covers its content and the hash before it, so
// that an entry that was edited, removed or moved is found by verify_audit. Only a head that was
// noted elsewhere shows that the end was cut off. One chain a tenant; operators' own entries are
// the chain of the empty tenant. Appended within the transaction of the change (EntityTransaction).
// Calls may block on the database and are thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace adbacus {

struct AuditEntry {
  std::string tenant_id = {};
  std::int64_t seq = 0;  // from 1, without gaps
  TimeUs time_us = 0;
  std::string actor = {};   // public part of the credential
  std::string action = {};  // create, update, delete, revoke, read, export, refuse, sign_in, ...
  std::string kind = {};    // campaign, ..., key, session, report, request
  std::string object_id = {};
  std::string before = {};  // JSON, or empty
  std::string after = {};   // JSON, or empty
  std::string request_id = {};
  std::string hash = {};  // lower-case hex SHA-256; set by the log
  bool operator==(const AuditEntry&) const = default;
};

// What the hash of `entry` has to be behind an entry with the hash `previous` ("" before the
// first). docs/formats/catalog.md has the bytes.
std::string audit_hash(const std::string& previous, const AuditEntry& entry);

struct AuditQuery {
  std::string tenant_id;
  std::string kind = {};  // empty: any, as are the next
  std::string object_id = {};
  std::string actor = {};
  std::string action = {};
  std::int64_t before_seq = 0;  // 0: from the newest on
  std::size_t limit = 100;
};

struct AuditHead {
  std::string tenant_id;
  std::int64_t seq = 0;
  std::string hash;
  bool operator==(const AuditHead&) const = default;
};

class AuditLog {
 public:
  virtual ~AuditLog() = default;
  virtual Result<std::vector<AuditEntry>> newest(const AuditQuery& query) = 0;  // newest first
  // By seq; at most `limit`.
  virtual Result<std::vector<AuditEntry>> read(const std::string& tenant_id, std::int64_t after_seq,
                                               std::size_t limit) = 0;
  virtual Result<std::vector<AuditHead>> heads() = 0;  // of every chain, by tenant
  // The newest head of each chain that this process wrote, from memory: what the store has lost
  // behind its back is still known here. By tenant.
  virtual std::vector<AuditHead> written() = 0;
};

struct AuditVerdict {
  std::string tenant_id;
  std::int64_t entries = 0;  // that are as they were written
  std::string head;          // hash of the last of them
  std::string broken;        // what is wrong behind them; empty: nothing
};

// Recomputes one chain. `noted` are heads of it that were noted earlier.
Result<AuditVerdict> verify_audit(AuditLog& log, const std::string& tenant_id,
                                  const std::vector<AuditHead>& noted);

}  // namespace adbacus
