#include "app/service.hpp"

#include <atomic>
#include <fmt/format.h>
#include <mutex>
#include <optional>

#include "access/credentials.hpp"
#include "access/oauth_routes.hpp"
#include "access/oidc_routes.hpp"
#include "access/rate_limiter.hpp"
#include "access/refusal_audit.hpp"
#include "access/session_routes.hpp"
#include "access/token_routes.hpp"
#include "admin/admin_routes.hpp"
#include "app/attribution_orders.hpp"
#include "app/audit_heads.hpp"
#include "app/dead_letters/dead_letter_routes.hpp"
#include "app/decision_service.hpp"
#include "app/export_audit.hpp"
#include "app/import/import_routes.hpp"
#include "app/key_authenticator.hpp"
#include "app/keys/key_routes.hpp"
#include "app/lag_admission.hpp"
#include "app/lake_raw_reader.hpp"
#include "app/ops_routes.hpp"
#include "app/port_file.hpp"
#include "app/position_route.hpp"
#include "app/process_gauges.hpp"
#include "app/pseudonym_files.hpp"
#include "app/reconcile_routes.hpp"
#include "app/signing_key_file.hpp"
#include "app/tenant_profiles.hpp"
#include "base/logging.hpp"
#include "catalog/snapshot_keeper.hpp"
#include "counters/registry.hpp"
#include "enrich/agent/agent_parser.hpp"
#include "http/server.hpp"
#include "ingest/auction_notice_route.hpp"
#include "ingest/ingest_routes.hpp"
#include "ingest/links/click_route.hpp"
#include "ingest/links/link_routes.hpp"
#include "ingest/pixel_route.hpp"
#include "report/report_routes.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kRateEntriesMax = 4'000'000;  // 64 MB; callers beyond it start anew

ReportOptions report_options(const ReportSection& section) {
  ReportOptions options;
  options.pool.threads = static_cast<std::size_t>(section.workers);
  options.pool.queue_max = section.waiting_max;
  options.pool.running_per_tenant_max = static_cast<std::size_t>(section.tenant_running_max);
  options.engine.groups_max = section.groups_max;
  options.engine.raw_range_max_us = section.raw_range_max_us;
  return options;
}

// Few callers, small requests.
http::ServerOptions ops_server_options(const Config& config) {
  http::ServerOptions options;
  options.host = config.ops_listen.host;
  options.port = config.ops_listen.port;
  options.threads = 1;
  options.connections_max = 64;
  options.body_bytes_max = 1024;
  return options;
}

std::shared_ptr<const GeoTables> start_geo(const GeoOptions& options) {
  if (options.empty()) return nullptr;
  auto tables = std::make_shared<GeoTables>(real_file_system(), options);
  tables->start();
  return tables;
}

void tell_lost_signing_keys(const DataPaths& paths) {
  log_error(
      "the keys that sign links and decisions were missing beside a log that holds events, and are "
      "made anew: click links and decision ids from before are refused until the file is restored",
      {{"file", paths.signing_keys}});
}

class NodeService final : public Service {
 public:
  NodeService(Node& node, const Config& config, Clock& clock,
              std::unique_ptr<KeyAuthenticator> keys, std::unique_ptr<JwtAuthenticator> tokens,
              std::unique_ptr<SessionAuthenticator> sessions, std::unique_ptr<OwnTokens> own_tokens,
              std::unique_ptr<SnapshotKeeper> objects, CounterStores counters, IngestOptions ingest,
              std::string restored, bool signing_keys_lost, std::function<ReloadStatus()> reloads)
      : node_(node),
        config_(config),
        clock_(clock),
        keys_(std::move(keys)),
        objects_(std::move(objects)),
        tokens_(std::move(tokens)),
        sessions_(std::move(sessions)),
        own_tokens_(std::move(own_tokens)),
        credentials_(*keys_, tokens_.get(), *sessions_, *own_tokens_),
        counters_(std::move(counters)),
        rates_(*counters_.rates, clock, config.quotas),
        refusals_(node.catalog(), clock, {}),
        tenants_(*keys_, clock),
        admission_(
            [&node] { return node.pipeline() ? node.pipeline()->status() : PipelineStatus(); }, {}),
        oauth_(*keys_, *own_tokens_),
        signing_in_(node.catalog(), clock, *counters_.rates, *sessions_, config.sessions, {}),
        oidc_(node.catalog(), clock, *counters_.rates, *sessions_, config.sessions, config.oidc),
        denials_(node.catalog(), clock, config.jwt.issuer, [this] { take_denial(); }),
        heads_(real_file_system(), node.catalog().entities().audit(), *ingest.signing_keys,
               node.paths().audit_heads),
        administration_(node.catalog(), clock, [this] { return keys_->reload(); }),
        management_(node.catalog(), clock, [this](EntityKind kind) { take_change(kind); },
                    {.noted_heads = [this] { return heads_.noted(); }}),
        ingest_options_(std::move(ingest)),
        restored_(std::move(restored)),
        signing_keys_lost_(signing_keys_lost),
        ops_([this] { return is_complete_ ? &router_ : nullptr; }, credentials_,
             [this] { return health(); }, std::move(reloads)),
        process_(process_gauges(real_file_system(), node.paths().folder)) {
    if (config.roles.ingest) add_ingest();
    for (http::Router* router : {&first_router_, &router_}) {
      router->set_rate_gate(rates_);
      router->set_refusal_watch(refusals_);
    }
    add_early_routes(first_router_);
    first_router_.answer_other_paths(answer_starting);
    ops_.add_routes(ops_router_, OpsAccess::open);
  }
  ~NodeService() override { stop(0); }

  Result<void> listen() {
    auto server = http::Server::start(config_.server, first_router_, &credentials_, clock_);
    if (!server) return server.error();
    server_ = std::move(*server);
    if (config_.ops_listen.host.empty()) return {};
    auto ops = http::Server::start(ops_server_options(config_), ops_router_, nullptr, clock_);
    if (!ops) return ops.error();
    ops_server_ = std::move(*ops);
    return {};
  }

  Result<void> complete() override {
    if (config_.roles.decide) {
      DecisionOptions options = config_.decision;
      if (!config_.server.tls_certificate_file.empty()) options.serving.scheme = "https";
      options.serving.agents = ingest_options_.agents;
      options.serving.consent = ingest_options_.consent;
      options.serving.geo = ingest_options_.geo;
      auto decisions = DecisionService::start([this] { return objects_->snapshot(); },
                                              node_.store(), node_.log(), counters_,
                                              *ingest_options_.signing_keys, clock_, options);
      if (!decisions) return decisions.error();
      const std::lock_guard lock(decisions_mutex_);
      decisions_ = *std::move(decisions);
    }
    if (node_.pipeline() != nullptr) {
      attribution_orders_.emplace(
          node_.log(), [this] { return objects_->snapshot(); }, clock_);
      desk_.emplace(node_.log(), *node_.pipeline(), tenants_, ingest_options_);
      dead_letters_.emplace(*desk_, node_.log().identity());
      dead_letters_->add_routes(router_);
    }
    if (config_.roles.report) add_report_routes();
    if (decisions_) decisions_->add_routes(router_);
    add_early_routes(router_);
    server_->set_router(router_);
    is_complete_ = true;  // /readyz says so: after the routes, as a client may ask for them at once
    return {};
  }

  std::uint16_t port() const override { return server_->port(); }
  std::uint16_t ops_port() const { return ops_server_ ? ops_server_->port() : std::uint16_t{0}; }
  void apply(const Config& config) override {
    server_->set_limits(config.server);
    rates_.set_quotas(config.quotas);
    IngestOptions ingest = config.ingest;
    ingest.ip_hash_key = ingest_options_.ip_hash_key;
    ingest.pseudonym_keys = ingest_options_.pseudonym_keys;
    ingest.signing_keys = ingest_options_.signing_keys;
    ingest.agents = ingest_options_.agents;
    ingest.geo = ingest_options_.geo;
    if (ingest_) ingest_->set_options(std::move(ingest));
  }
  Result<void> reload_keys() override { return keys_->reload(); }
  Result<void> reload_certificate() override { return server_->reload_certificate(); }
  void stop(int grace_s) override {
    if (server_) server_->stop(grace_s);
    refusals_.stop();
    oauth_.stop();
    signing_in_.stop();
    oidc_.stop();
    denials_.stop();
    administration_.stop();
    management_.stop();
    heads_.stop();
    if (imports_) imports_->stop();
    if (reconcile_) reconcile_->stop();
    if (report_) report_->stop();
    if (dead_letters_) dead_letters_->stop();
    if (decisions_) decisions_->stop();
    if (ops_server_) ops_server_->stop(0);  // the last, so that draining can be watched
  }

 private:
  NodeHealth health() const {
    NodeHealth health = node_.health();
    health.starting = health.starting || !is_complete_;
    health.signing_keys_lost = signing_keys_lost_;
    if (ingest_options_.geo) health.geo = ingest_options_.geo->status();
    return health;
  }
  // Known to this process before the request that made it is answered.
  void take_change(EntityKind kind) {
    if (auto known = objects_->refresh(); !known) {
      log_warn("a change is known a moment later", {{"error", known.error().message}});
    }
    {
      const std::lock_guard lock(decisions_mutex_);
      if (decisions_) decisions_->refresh();
    }
    if (kind != EntityKind::tenant) return;
    if (auto known = keys_->reload(); !known) {
      log_warn("a changed tenant is known a moment later", {{"error", known.error().message}});
    }
  }
  void take_denial() {
    if (const auto known = tokens_->reload(); !known) {
      log_warn("a denied token is known a moment later", {{"error", known.error().message}});
    }
  }

  void add_ingest() {
    const SnapshotSource objects = [this] { return objects_->snapshot(); };
    const IngestOptionsSource options = [this] { return ingest_->options(); };
    const SigningKeys& signing = *ingest_options_.signing_keys;
    ingest_.emplace(node_.log(), clock_, tenants_, objects, admission_, ingest_options_);
    pixel_door_.emplace(node_.log(), clock_, tenants_, objects, admission_, options, "pixel");
    pixel_.emplace(*pixel_door_, credentials_, rates_, signing);
    auction_door_.emplace(node_.log(), clock_, tenants_, objects, admission_, options, "openrtb");
    auction_notices_.emplace(*auction_door_, signing);
    click_door_.emplace(node_.log(), clock_, tenants_, objects, admission_, options, "click");
    click_.emplace(*click_door_, rates_, clock_, objects, signing, options);
    links_.emplace(objects, signing, options, clock_);
  }
  void add_early_routes(http::Router& router) {
    if (ingest_) {
      ingest_->add_routes(router);
      pixel_->add_routes(router);
      auction_notices_->add_routes(router);
      click_->add_routes(router);
      links_->add_routes(router);
    }
    add_position_route(router, node_.log(), restored_);
    oauth_.add_routes(router, rates_);
    signing_in_.add_routes(router);
    oidc_.add_routes(router);
    if (tokens_) denials_.add_routes(router);
    administration_.add_routes(router);
    management_.add_routes(router);
    ops_.add_routes(router, OpsAccess::guarded);
  }
  void add_report_routes() {
    if (node_.lake() != nullptr) raw_.emplace(*node_.lake());
    ReportOptions options = report_options(config_.report);
    options.exported = [this](const ReportExport& data) {
      audit_export(node_.catalog(), clock_, data);
    };
    options.objects = [this] { return objects_->snapshot(); };
    report_.emplace(*node_.store(), raw_ ? &*raw_ : nullptr, node_.log().identity(), *keys_, clock_,
                    options);
    report_->add_routes(router_);
    reconcile_.emplace(*node_.store(), node_.lake(), node_.log().identity(), clock_,
                       ReconcileOptions{});
    reconcile_->add_routes(router_);
    imports_.emplace(node_.lake());
    imports_->add_routes(router_);
  }

  Node& node_;
  const Config& config_;
  Clock& clock_;
  http::Router first_router_;  // until complete()
  http::Router router_;
  std::atomic<bool> is_complete_{false};  // router_ is, and is served
  std::unique_ptr<KeyAuthenticator> keys_;
  std::unique_ptr<SnapshotKeeper> objects_;
  std::unique_ptr<JwtAuthenticator> tokens_;  // null: none are accepted
  std::unique_ptr<SessionAuthenticator> sessions_;
  std::unique_ptr<OwnTokens> own_tokens_;
  Credentials credentials_;
  CounterStores counters_;
  RateLimiter rates_;
  RefusalAudit refusals_;
  TenantProfiles tenants_;
  std::optional<AttributionOrders> attribution_orders_;  // of the role process, as is the next
  std::optional<DeadLetterDesk> desk_;                   // likewise, as is the next
  std::optional<DeadLetterRoutes> dead_letters_;
  std::optional<LakeRawReader> raw_;    // of the role report
  std::optional<IngestRoutes> ingest_;  // of the role ingest, as are the next
  std::optional<UrlEventDoor> pixel_door_;
  std::optional<PixelRoute> pixel_;
  std::optional<UrlEventDoor> click_door_;
  std::optional<UrlEventDoor> auction_door_;
  std::optional<AuctionNoticeRoute> auction_notices_;
  std::optional<ClickRoute> click_;
  std::optional<LinkRoutes> links_;
  LagAdmission admission_;  // goes before the doors: who still waits there goes through them
  std::optional<ReportRoutes> report_;  // of the role report
  std::optional<ReconcileRoutes> reconcile_;
  std::optional<ImportRoutes> imports_;
  OauthRoutes oauth_;
  SessionRoutes signing_in_;
  OidcRoutes oidc_;
  std::mutex decisions_mutex_;                  // guards the pointer while complete() sets it
  std::unique_ptr<DecisionService> decisions_;  // of the role decide, once complete
  TokenRoutes denials_;
  AuditHeads heads_;
  KeyRoutes administration_;
  AdminRoutes management_;
  const IngestOptions ingest_options_;  // as started; its IP hash key stays
  const std::string restored_;
  const bool signing_keys_lost_;
  http::Router ops_router_;
  OpsRoutes ops_;
  Gauges process_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<http::Server> ops_server_;  // null if not configured
};

}  // namespace

Result<std::unique_ptr<Service>> Service::start(Node& node, const Config& config, Clock& clock,
                                                std::function<ReloadStatus()> reloads) {
  auto keys = KeyAuthenticator::start(node.catalog(), clock, config.access);
  if (!keys) return keys.error();
  auto objects = SnapshotKeeper::start(node.catalog().entities(), clock, {});
  if (!objects) return objects.error();
  IngestOptions ingest = config.ingest;
  if (auto loaded = load_pseudonym_keys(real_file_system(), node.paths(), config.ip_hash_key,
                                        clock.wall_us(), ingest);
      !loaded) {
    return loaded.error();
  }
  auto signing = load_signing_keys(real_file_system(), node.paths());
  if (!signing) return signing.error();
  ingest.signing_keys = std::make_shared<const SigningKeys>(signing->keys);
  if (config.roles.ingest || config.roles.decide) {
    ingest.agents = std::make_shared<const SharedAgentParser>();
    ingest.geo = start_geo(config.geo);
  }
  const bool signing_keys_lost = signing->is_new && node.log().status().synced_seq > 0;
  if (signing_keys_lost) tell_lost_signing_keys(node.paths());
  auto restored = restored_mark(real_file_system(), node.paths());
  if (!restored) return restored.error();
  auto counters = open_counters({.rate_entries_max = kRateEntriesMax});
  if (!counters) return counters.error();
  std::unique_ptr<JwtAuthenticator> tokens;
  if (config.jwt.has_keys()) {
    auto started = JwtAuthenticator::start(
        real_file_system(), **keys, clock, [&node] { return node.catalog().denied_tokens(""); },
        config.jwt);
    if (!started) return started.error();
    tokens = *std::move(started);
  }
  auto sessions = SessionAuthenticator::start(node.catalog(), **keys, clock, config.sessions);
  if (!sessions) return sessions.error();
  auto own_tokens = OwnTokens::start(
      node.catalog(), clock,
      [raw = keys->get()](std::string_view key_id, std::string_view tenant_header) {
        return raw->holder_of(key_id, tenant_header);
      });
  if (!own_tokens) return own_tokens.error();
  auto service = std::make_unique<NodeService>(
      node, config, clock, std::move(*keys), std::move(tokens), *std::move(sessions),
      *std::move(own_tokens), std::move(*objects), *std::move(counters), std::move(ingest),
      *std::move(restored), signing_keys_lost, std::move(reloads));
  if (auto listening = service->listen(); !listening) return listening.error();
  if (auto written = write_port(node.paths(), "/ops_port", service->ops_port()); !written) {
    return written.error();
  }
  if (auto written = write_port(node.paths(), "/port", service->port()); !written) {
    return written.error();
  }
  return {std::move(service)};
}

}  // namespace adbacus
