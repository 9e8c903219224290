#include "app/export_audit.hpp"

#include "base/logging.hpp"
#include "catalog/entity_store.hpp"
#include "http/json_writer.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kTargetBytesMax = 1'000;

}  // namespace

void audit_export(Catalog& catalog, Clock& clock, const ReportExport& data) {
  http::JsonWriter json;
  json.begin_object().member("format", data.format).member("rows", std::uint64_t{data.rows});
  // Reports take no key in their query.
  json.member("target", data.request.target.substr(0, kTargetBytesMax)).end_object();
  AuditEntry entry{.tenant_id = data.tenant,
                   .time_us = clock.wall_us(),
                   .actor = data.request.principal.key_id,
                   .action = "export",
                   .kind = "report",
                   .after = std::move(json).take(),
                   .request_id = data.request.request_id};
  const auto written = write_audit(catalog.entities(), std::move(entry));
  if (!written) {
    log_error("an export is missing in the audit log", {{"error", written.error().message}});
  }
}

}  // namespace adbacus
