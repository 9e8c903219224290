#include "app/import/import_routes.hpp"

#include <memory>

#include "app/import/import_runs.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kWaitingMax = 8;

}  // namespace

ImportRoutes::ImportRoutes(LakeReader* lake)
    : lake_(lake), pool_({.threads = 1, .queue_max = kWaitingMax, .running_per_tenant_max = 1}) {}

void ImportRoutes::add_routes(http::Router& router) {
  http::RouteSpec spec;
  spec.path = "/v1/imports";
  spec.scope = http::scope_import;
  spec.summary = "List import runs, counted from the raw events";
  spec.tags = {"ingest"};
  spec.unknown_params_refused = true;
  router.add(std::move(spec), [this](const http::Request& request, http::Responder responder) {
    list(request, std::move(responder));
  });
}

void ImportRoutes::list(const http::Request& request, http::Responder responder) {
  const std::string& tenant = request.principal.tenant;
  if (tenant.empty()) {
    return responder.send(http::problem(request, 422, "tenant_required",
                                        "Name the tenant in the header X-Adbacus-Tenant."));
  }
  if (lake_ == nullptr) {
    return responder.send(http::problem(request, 409, "no_raw_events",
                                        "The lake is switched off: there is nothing to list."));
  }
  // A job must be copyable; the responder keeps the request alive.
  auto pending = std::make_shared<http::Responder>(std::move(responder));
  const bool taken = pool_.submit(tenant, [this, &request, pending] {
    const auto runs = list_import_runs(*lake_, request.principal.tenant);
    if (!runs) return pending->send(http::problem(request, runs.error()));
    http::JsonWriter json;
    write_import_runs(json, *runs);
    pending->send({200, "application/json", {}, std::move(json).take()});
  });
  if (taken) return;
  pending->send(http::problem(request, {ErrorCode::unavailable, "too many lists of runs wait"}));
}

}  // namespace adbacus
