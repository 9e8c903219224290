#include "app/service.hpp"

#include <fmt/format.h>
#include <optional>

#include "app/dead_letters/dead_letter_routes.hpp"
#include "app/key_authenticator.hpp"
#include "app/keys/key_routes.hpp"
#include "app/lag_admission.hpp"
#include "app/lake_raw_reader.hpp"
#include "app/ops_routes.hpp"
#include "app/process_gauges.hpp"
#include "app/reconcile_routes.hpp"
#include "app/tenant_profiles.hpp"
#include "http/server.hpp"
#include "ingest/ingest_routes.hpp"
#include "report/report_routes.hpp"

namespace adbacus {
namespace {

ReportOptions report_options(const ReportSection& section) {
  ReportOptions options;
  options.pool.threads = static_cast<std::size_t>(section.workers);
  options.pool.queue_max = section.waiting_max;
  options.pool.running_per_tenant_max = static_cast<std::size_t>(section.tenant_running_max);
  options.engine.groups_max = section.groups_max;
  options.engine.raw_range_max_us = section.raw_range_max_us;
  return options;
}

class NodeService final : public Service {
 public:
  NodeService(Node& node, const Config& config, Clock& clock,
              std::unique_ptr<KeyAuthenticator> keys, IngestOptions ingest)
      : keys_(std::move(keys)),
        tenants_(*keys_, clock),
        admission_(
            [&node] { return node.pipeline() ? node.pipeline()->status() : PipelineStatus(); }, {}),
        administration_(node.catalog(), clock, [this] { return keys_->reload(); }),
        ops_(router_, *keys_, [&node] { return node.health(); }),
        process_(process_gauges(real_file_system(), node.paths().folder)) {
    if (node.pipeline() != nullptr) {
      desk_.emplace(node.log(), *node.pipeline(), tenants_, ingest);
      dead_letters_.emplace(*desk_, node.log().identity());
      dead_letters_->add_routes(router_);
    }
    if (config.roles.ingest) {
      ingest_.emplace(node.log(), clock, tenants_, admission_, std::move(ingest));
      ingest_->add_routes(router_);
    }
    if (config.roles.report) {
      if (node.lake() != nullptr) raw_.emplace(*node.lake());
      report_.emplace(*node.store(), raw_ ? &*raw_ : nullptr, node.log().identity(), *keys_, clock,
                      report_options(config.report));
      report_->add_routes(router_);
      reconcile_.emplace(*node.store(), node.lake(), node.log().identity(), clock,
                         ReconcileOptions{});
      reconcile_->add_routes(router_);
    }
    administration_.add_routes(router_);
    ops_.add_routes(router_);
  }
  ~NodeService() override { stop(0); }

  Result<void> listen(const Config& config, Clock& clock) {
    auto server = http::Server::start(config.server, router_, keys_.get(), clock);
    if (!server) return server.error();
    server_ = std::move(*server);
    return {};
  }

  std::uint16_t port() const override { return server_->port(); }
  Result<void> reload_keys() override { return keys_->reload(); }
  void stop(int grace_s) override {
    if (server_) server_->stop(grace_s);
    administration_.stop();
    if (reconcile_) reconcile_->stop();
    if (report_) report_->stop();
    if (dead_letters_) dead_letters_->stop();
  }

 private:
  http::Router router_;
  std::unique_ptr<KeyAuthenticator> keys_;
  TenantProfiles tenants_;
  LagAdmission admission_;
  std::optional<DeadLetterDesk> desk_;  // of the role process, as is the next
  std::optional<DeadLetterRoutes> dead_letters_;
  std::optional<LakeRawReader> raw_;    // of the role report
  std::optional<IngestRoutes> ingest_;  // of the role ingest
  std::optional<ReportRoutes> report_;  // of the role report
  std::optional<ReconcileRoutes> reconcile_;
  KeyRoutes administration_;
  OpsRoutes ops_;
  Gauges process_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace

Result<std::unique_ptr<Service>> Service::start(Node& node, const Config& config, Clock& clock) {
  auto keys = KeyAuthenticator::start(node.catalog(), clock, config.access);
  if (!keys) return keys.error();
  IngestOptions ingest = config.ingest;
  auto hash_key = load_ip_hash_key(real_file_system(), node.paths(), config.ip_hash_key);
  if (!hash_key) return hash_key.error();
  ingest.ip_hash_key = *hash_key;
  auto service =
      std::make_unique<NodeService>(node, config, clock, std::move(*keys), std::move(ingest));
  if (auto listening = service->listen(config, clock); !listening) return listening.error();
  if (auto written = write_file_atomically(real_file_system(), node.paths().folder + "/port",
                                           fmt::format("{}\n", service->port()));
      !written) {
    return written.error();
  }
  return {std::move(service)};
}

}  // namespace adbacus
