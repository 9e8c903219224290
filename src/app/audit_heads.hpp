// Heads of the audit log's chains, noted every hour where whoever cuts off a chain's end in the
// catalog does not come by: signed in a file of the data folder and in the process's own log, which
// is to be kept elsewhere. What was noted is compared with the chains each time. Thread-safe.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/file_system.hpp"
#include "base/metrics.hpp"
#include "base/periodic_thread.hpp"
#include "base/signing_keys.hpp"
#include "catalog/audit_log.hpp"

namespace adbacus {

// A line of the file: "<tenant>:<entries>:<hash> <the same sealed>". A tenant's id may hold
// anything but control characters. nullopt: no key of ours sealed it.
std::string audit_head_line(const AuditHead& head, const SigningKeys& keys);
std::optional<AuditHead> parse_audit_head(std::string_view line, const SigningKeys& keys);
// "<tenant>:<entries>:<hash>"; nullopt: not of this form.
std::optional<AuditHead> parse_audit_head(std::string_view text);
// Those of the file that are ours; none if it is not there.
Result<std::vector<AuditHead>> read_audit_heads(FileSystem& fs, const std::string& path,
                                                const SigningKeys& keys);

class AuditHeads {
 public:
  // Everything must outlive the object. Notes at once, then every `interval`.
  AuditHeads(FileSystem& fs, AuditLog& log, const SigningKeys& keys, std::string path,
             std::chrono::microseconds interval = std::chrono::hours(1));
  ~AuditHeads() { stop(); }
  std::vector<AuditHead> noted() const;
  void stop();  // notes once more; idempotent

 private:
  void note();
  // Whether every noted entry is still there as it was.
  Result<bool> is_as_noted(const AuditHead& head);

  FileSystem& fs_;
  AuditLog& log_;
  const SigningKeys& keys_;
  const std::string path_;
  Gauge& broken_;
  mutable std::mutex mutex_;  // guards the next
  std::map<std::string, AuditHead> noted_;
  bool stopped_ = false;
  PeriodicThread thread_;  // the last: it uses the others
};

}  // namespace adbacus
