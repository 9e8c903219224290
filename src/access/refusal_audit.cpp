#include "access/refusal_audit.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <utility>

#include "base/logging.hpp"
#include "catalog/entity_store.hpp"
#include "http/json_writer.hpp"
#include "http/peers.hpp"
#include "http/status.hpp"
#include "model/event_time.hpp"

namespace adbacus {
namespace {

AuditEntry entry_of(const RefusalRecord& refusal, TimeUs now_us) {
  http::JsonWriter json;
  json.begin_object();
  const auto member = [&](std::string_view name, const std::string& text) {
    if (!text.empty()) json.member(name, text);
  };
  if (refusal.status != 0) json.member("status", refusal.status);
  member("code", refusal.code);
  member("route", refusal.route);
  member("network", refusal.network);
  json.member("count", refusal.count).member("first", utc_text(refusal.first_us));
  json.member("last", utc_text(refusal.last_us)).end_object();
  return {.tenant_id = refusal.tenant,
          .time_us = now_us,
          .actor = refusal.actor,
          .action = "refuse",
          .kind = "request",
          .after = std::move(json).take(),
          .request_id = refusal.request_id};
}

std::string network_of(const http::Request& request) {
  const auto address = http::PeerAddress::parse(request.remote_ip);
  return address ? http::network_text(*address) : std::string();
}

}  // namespace

RefusalAudit::RefusalAudit(Catalog& catalog, Clock& clock, const RefusalAuditOptions& options)
    : catalog_(catalog), clock_(clock), tally_(options.tally) {
  thread_.start("refusals", options.interval, [this] { write(tally_.take_due(clock_.mono_us())); });
}

void RefusalAudit::refused(const http::Request& request, std::string_view path,
                           const http::Response& answer) {
  RefusalRecord refusal{.tenant = request.principal.tenant,
                        .actor = request.principal.key_id,
                        .network = network_of(request),
                        .status = answer.status,
                        .code = answer.code,
                        .request_id = request.request_id};
  if (!path.empty()) {
    refusal.route = fmt::format("{} {}", http::method_name(request.method), path);
  }
  tally_.add(std::move(refusal), clock_.wall_us(), clock_.mono_us());
}

void RefusalAudit::stop() {
  thread_.stop();
  write(tally_.take_all());
}

void RefusalAudit::write(std::vector<RefusalRecord> records) {
  std::stable_sort(records.begin(), records.end(),
                   [](const auto& a, const auto& b) { return a.tenant < b.tenant; });
  for (auto begin = records.begin(); begin != records.end();) {
    const auto end = std::find_if(
        begin, records.end(), [&](const auto& record) { return record.tenant != begin->tenant; });
    const std::vector<RefusalRecord> of_tenant(std::make_move_iterator(begin),
                                               std::make_move_iterator(end));
    const auto written = write_tenant(of_tenant);
    if (!written) {
      if (!told_) {
        log_warn("refusals are written into the audit log later",
                 {{"error", written.error().message}});
      }
      tally_.give_back(of_tenant, clock_.mono_us());
    }
    told_ = !written;
    begin = end;
  }
}

Result<void> RefusalAudit::write_tenant(const std::vector<RefusalRecord>& records) {
  const std::string& tenant = records.front().tenant;
  return catalog_.entities().transact(tenant, [&](EntityTransaction& transaction) -> Result<void> {
    for (const RefusalRecord& record : records) {
      AuditEntry entry = entry_of(record, clock_.wall_us());
      if (auto ok = transaction.append_audit(entry); !ok) return ok;
    }
    return {};
  });
}

}  // namespace adbacus
