// Writes refused requests (401, 403, 429) into the audit log: of every tenant in its own chain, of
// nobody known in that of operators. Few entries with counts, however many the requests, and a
// network instead of an address (access/refusal_tally.hpp). Thread-safe; what blocks on the catalog
// is a thread of its own.
#pragma once

#include <chrono>

#include "access/refusal_tally.hpp"
#include "base/periodic_thread.hpp"
#include "catalog/catalog.hpp"
#include "http/refusal_watch.hpp"

namespace adbacus {

struct RefusalAuditOptions {
  std::chrono::microseconds interval{5 * kSecondUs};  // between two writes
  RefusalTallyLimits tally = {};
};

class RefusalAudit final : public http::RefusalWatch {
 public:
  // Both must outlive the object.
  RefusalAudit(Catalog& catalog, Clock& clock, const RefusalAuditOptions& options);
  ~RefusalAudit() override { stop(); }

  void refused(const http::Request& request, std::string_view path,
               const http::Response& answer) override;
  // Writes the rest; requests have ended. Idempotent.
  void stop();

 private:
  void write(std::vector<RefusalRecord> records);
  Result<void> write_tenant(const std::vector<RefusalRecord>& records);

  Catalog& catalog_;
  Clock& clock_;
  RefusalTally tally_;
  bool told_ = false;  // that they cannot be written; of the thread
  PeriodicThread thread_;
};

}  // namespace adbacus
