#include "catalog/audit_log.hpp"

#include <fmt/format.h>
#include <utility>

#include "base/sha256.hpp"
#include "catalog/entity_store.hpp"
#include "http/json_writer.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kBatch = 1'000;

std::string what_is_missing(const AuditHead& head, const AuditVerdict& verdict) {
  return fmt::format("entry {} was noted earlier, but the chain ends at {}", head.seq,
                     verdict.entries);
}

}  // namespace

// A JSON array: no two entries have the same text, and no line feed can fake a second one.
std::string audit_hash(const std::string& previous, const AuditEntry& entry) {
  http::JsonWriter json;
  json.begin_array().value(entry.tenant_id).value(entry.seq).value(entry.time_us);
  for (const std::string* text : {&entry.actor, &entry.action, &entry.kind, &entry.object_id,
                                  &entry.before, &entry.after, &entry.request_id}) {
    json.value(*text);
  }
  json.end_array();
  Sha256 hash;
  hash.update(previous);
  hash.update(json.text());
  return hash.finish();
}

Result<void> write_audit(EntityStore& store, AuditEntry entry) {
  return store.transact(entry.tenant_id, [&](EntityTransaction& transaction) {
    return transaction.append_audit(entry);
  });
}

Result<AuditVerdict> verify_audit(AuditLog& log, const std::string& tenant_id,
                                  const std::vector<AuditHead>& noted) {
  AuditVerdict verdict{.tenant_id = tenant_id, .head = "", .broken = ""};
  for (;;) {
    const auto batch = log.read(tenant_id, verdict.entries, kBatch);
    if (!batch) return batch.error();
    for (const AuditEntry& entry : *batch) {
      const std::int64_t expected = verdict.entries + 1;
      if (entry.seq != expected) {
        verdict.broken = fmt::format("entry {} is missing", expected);
        return verdict;
      }
      if (entry.hash != audit_hash(verdict.head, entry)) {
        verdict.broken = fmt::format("entry {} is not what was written behind entry {}", entry.seq,
                                     verdict.entries);
        return verdict;
      }
      for (const AuditHead& head : noted) {
        if (head.tenant_id != tenant_id || head.seq != entry.seq || head.hash == entry.hash) {
          continue;
        }
        verdict.broken = fmt::format("entry {} is not the one that was noted", entry.seq);
        return verdict;
      }
      verdict.entries = entry.seq;
      verdict.head = entry.hash;
    }
    if (batch->size() < kBatch) break;
  }
  for (const AuditHead& head : noted) {
    if (head.tenant_id != tenant_id || head.seq <= verdict.entries) continue;
    verdict.broken = what_is_missing(head, verdict);
    return verdict;
  }
  return verdict;
}

}  // namespace adbacus
