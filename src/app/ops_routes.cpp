#include "app/ops_routes.hpp"

#include <algorithm>
#include <utility>

#include "app/version.hpp"
#include "http/caller.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kLossesShown = 100;
constexpr TimeUs kLagShownUs = 30 * kSecondUs;  // from here on readyz reports degraded, still 200

bool is_loopback(const std::string& ip) {
  return ip.starts_with("127.") || ip == "::1";
}

// Why the node does not take events and reports; empty if it does.
std::string refusal(const NodeHealth& h) {
  if (h.draining) return "draining";
  if (h.log.failed) return "log failed: " + h.log.failure;
  if (h.store.failed) return "store failed: " + h.store.failure;
  if (h.pipeline.failed) return "processor failed: " + h.pipeline.failure;
  if (h.starting && h.log.storage_full) return "starting: storage_full, no events are taken";
  if (h.starting) return "starting: events are taken, reports are not answered yet";
  if (h.log.storage_full) return "storage_full";
  return {};
}

bool is_complete(const NodeHealth& h, const Mending& mending) {
  const Seq position = mending.part == "lake" ? h.lake.committed : h.store.visible;
  return position >= mending.until;
}

bool is_degraded(const NodeHealth& h) {
  return h.pipeline.lag_us > kLagShownUs || h.pipeline.dead_letters.open > 0 ||
         h.lake.damaged_files > 0 || h.lake.storage_full || h.signing_keys_lost ||
         std::any_of(h.geo.begin(), h.geo.end(),
                     [](const GeoFileStatus& file) { return !file.problem.empty(); }) ||
         std::any_of(h.mendings.begin(), h.mendings.end(),
                     [&](const Mending& mending) { return !is_complete(h, mending); });
}

void write_lake(http::JsonWriter& json, const NodeHealth& h) {
  json.key("lake").begin_object().member("committed", h.lake.committed);
  json.member("files", h.lake.files).member("damaged_files", h.lake.damaged_files);
  if (h.lake.damaged_files > 0) json.member("damaged_file", h.lake.damaged_file);
  json.member("storage_full", h.lake.storage_full);
  json.end_object();
}

void write_mendings(http::JsonWriter& json, const NodeHealth& h) {
  json.key("rebuilt").begin_array();
  for (const Mending& mending : h.mendings) {
    json.begin_object().member("part", mending.part).member("reason", mending.why);
    json.member("complete", is_complete(h, mending)).end_object();
  }
  json.end_array();
}

void write_geo(http::JsonWriter& json, const NodeHealth& h) {
  if (h.geo.empty()) return;
  json.key("geo").begin_object();
  for (const GeoFileStatus& file : h.geo) {
    json.key(file.name).begin_object().member("loaded", file.is_loaded);
    if (file.is_loaded) json.member("built", file.built_us / kSecondUs);
    if (!file.problem.empty()) json.member("problem", file.problem);
    json.end_object();
  }
  json.end_object();
}

std::uint64_t lost_events(const NodeHealth& h) {
  std::uint64_t events = 0;
  for (const SeqRange& loss : h.losses) events += loss.last - loss.first + 1;
  return events;
}

// For as long as the log has the gap; no reason to be degraded, somebody decided it.
void write_losses(http::JsonWriter& json, const NodeHealth& h) {
  json.key("accepted_losses").begin_object().member("events", lost_events(h));
  json.key("ranges").begin_array();
  for (std::size_t i = 0; i < std::min(h.losses.size(), kLossesShown); ++i) {
    json.begin_object().member("first", h.losses[i].first);
    json.member("last", h.losses[i].last).end_object();
  }
  json.end_array().end_object();
}

}  // namespace

OpsRoutes::OpsRoutes(std::function<const http::Router*()> described,
                     http::Authenticator& authenticator, std::function<NodeHealth()> health,
                     std::function<ReloadStatus()> reloads)
    : described_(std::move(described)),
      authenticator_(authenticator),
      health_(std::move(health)),
      reloads_(std::move(reloads)) {
  gauge("adbacus_build_info", "Always 1; the version stands in the label",
        "version=\"" + std::string(kVersion) + "\"")
      .set(1);
  const auto of = [this](auto read) {
    return [this, read] { return static_cast<double>(read(health_())); };
  };
  add_gauge("adbacus_log_disk_bytes", "Event log on disk",
            of([](const NodeHealth& h) { return h.log.bytes; }));
  add_gauge("adbacus_log_waiting_bytes", "Accepted events that are not durable yet",
            of([](const NodeHealth& h) { return h.log.waiting_bytes; }));
  add_gauge("adbacus_log_lost_events", "Acknowledged events that were lost; the loss was accepted",
            of([](const NodeHealth& h) { return lost_events(h); }));
  add_gauge(
      "adbacus_signing_keys_lost",
      "1: signing.keys was missing at this start; links and decisions from before are refused",
      of([](const NodeHealth& h) { return h.signing_keys_lost ? 1 : 0; }));
  add_gauge("adbacus_dedupe_ids", "Event ids in the deduplication windows",
            of([](const NodeHealth& h) { return h.log.id_count; }));
  add_gauge("adbacus_dedupe_bytes", "Memory of the deduplication windows",
            of([](const NodeHealth& h) { return h.log.id_bytes; }));
  add_gauge("adbacus_processor_lag_events", "Durable events that are not folded yet",
            of([](const NodeHealth& h) { return h.pipeline.lag_events; }));
  add_gauge("adbacus_processor_lag_seconds", "Age of the oldest event that is not visible yet",
            of([](const NodeHealth& h) { return static_cast<double>(h.pipeline.lag_us) / 1e6; }));
  add_gauge("adbacus_dead_letters", "Log entries that were skipped, whatever became of them",
            of([](const NodeHealth& h) { return h.pipeline.dead_letters.all; }));
  add_gauge("adbacus_dead_letters_open", "Dead letters that nobody settled yet",
            of([](const NodeHealth& h) { return h.pipeline.dead_letters.open; }));
  add_gauge("adbacus_store_index_rows", "Rollup rows in memory",
            of([](const NodeHealth& h) { return h.store.index_rows; }));
  add_gauge("adbacus_store_index_bytes", "Memory of the rollup index",
            of([](const NodeHealth& h) { return h.store.index_bytes; }));
  add_gauge("adbacus_store_uncommitted_batches", "Fact batches that are visible but not durable",
            of([](const NodeHealth& h) { return h.store.uncommitted_batches; }));
  add_gauge("adbacus_store_disk_bytes", "Store on disk",
            of([](const NodeHealth& h) { return h.store.disk_bytes; }));
  add_gauge("adbacus_lake_files", "Visible files of the lake",
            of([](const NodeHealth& h) { return h.lake.files; }));
  add_gauge("adbacus_lake_rows", "Events in visible files of the lake",
            of([](const NodeHealth& h) { return h.lake.rows; }));
  add_gauge("adbacus_lake_disk_bytes", "Lake on disk",
            of([](const NodeHealth& h) { return h.lake.bytes; }));
  add_gauge("adbacus_lake_damaged_files", "Lake files whose bytes changed since they were written",
            of([](const NodeHealth& h) { return h.lake.damaged_files; }));
  add_gauge("adbacus_lake_open_bytes", "Memory of lake files being built",
            of([](const NodeHealth& h) { return h.lake.open_bytes; }));
}

void OpsRoutes::add_gauge(const char* name, const char* help, std::function<double()> read) {
  gauges_.push_back(std::make_unique<GaugeFn>(name, help, "", std::move(read)));
}

void OpsRoutes::add_routes(http::Router& router, OpsAccess access) {
  using http::Method;
  using http::Request;
  using http::Responder;
  const auto open = [](std::string path, std::string summary) {
    http::RouteSpec spec;
    spec.path = std::move(path);
    spec.is_open = true;  // readyz and metrics look at the caller themselves
    spec.summary = std::move(summary);
    spec.tags = {"operations"};
    return spec;
  };
  router.add(open("/healthz", "The process is alive"), [](const Request&, Responder responder) {
    responder.send({200, "application/json", {}, "{\"status\":\"ok\"}"});
  });
  const bool is_open = access == OpsAccess::open;
  router.add(open("/readyz", "Events and reports are accepted"),
             [this, is_open](const Request& request, Responder responder) {
               if (!is_open && !allowed(request, responder)) return;
               readyz(request, std::move(responder));
             });
  router.add(open("/metrics", "Prometheus metrics"),
             [this, is_open](const Request& request, Responder responder) {
               if (!is_open && !allowed(request, responder)) return;
               responder.send({200, "text/plain; version=0.0.4", {}, metrics_text()});
             });
  router.add(open("/version", "Version of the server"), [](const Request&, Responder responder) {
    http::JsonWriter json;
    json.begin_object().member("version", kVersion).end_object();
    responder.send({200, "application/json", {}, std::move(json).take()});
  });
  router.add(open("/openapi.json", "This interface as OpenAPI 3.1"),
             [this](const Request& request, Responder responder) {
               const http::Router* described = described_();
               if (described == nullptr) return responder.send(answer_starting(request));
               responder.send({200, "application/json", {}, described->openapi_json(kVersion)});
             });
}

http::Response answer_starting(const http::Request& request) {
  return http::problem(request, 503, "starting",
                       "The server takes events, but is still loading what this needs.");
}

bool OpsRoutes::allowed(const http::Request& request, http::Responder& responder) const {
  if (is_loopback(request.remote_ip)) return true;
  auto caller = http::identify(request, authenticator_, http::KeyPlaces::headers);
  if (auto* refusal = std::get_if<http::Response>(&caller)) {
    responder.send(std::move(*refusal));
    return false;
  }
  if ((std::get<http::Principal>(caller).scopes & http::scope_admin) != 0) return true;
  responder.send(http::problem(request, 403, "missing_scope", "this key lacks the scope admin"));
  return false;
}

void OpsRoutes::write_configuration(http::JsonWriter& json) const {
  const ReloadStatus status = reloads_();
  json.key("configuration").begin_object().member("reloads", status.applied);
  json.member("refused", status.refused);
  if (!status.error.empty()) json.member("error", status.error);
  json.key("waiting_for_restart").begin_array();
  for (const std::string& name : status.waiting) json.value(name);
  json.end_array().end_object();
}

void OpsRoutes::readyz(const http::Request&, http::Responder responder) const {
  const NodeHealth h = health_();
  const std::string reason = refusal(h);
  http::JsonWriter json;
  json.begin_object();
  json.member("status", reason.empty() ? "ready" : "not_ready");
  if (!reason.empty()) json.member("reason", reason);
  json.member("degraded", is_degraded(h) || !reloads_().error.empty());
  json.key("log").begin_object();
  json.member("synced", h.log.synced_seq).member("bytes", h.log.bytes);
  json.member("waiting_bytes", h.log.waiting_bytes).member("storage_full", h.log.storage_full);
  json.end_object();
  json.key("processor").begin_object();
  json.member("position", h.pipeline.position).member("lag_events", h.pipeline.lag_events);
  json.member("lag_seconds", static_cast<double>(h.pipeline.lag_us) / 1e6);
  if (h.pipeline.failing_seq != 0) json.member("failing_entry", h.pipeline.failing_seq);
  json.end_object();
  json.key("dead_letters").begin_object().member("total", h.pipeline.dead_letters.all);
  json.member("open", h.pipeline.dead_letters.open).end_object();
  json.key("store").begin_object();
  json.member("committed", h.store.committed).member("visible", h.store.visible).end_object();
  write_lake(json, h);
  write_mendings(json, h);
  write_losses(json, h);
  write_geo(json, h);
  if (h.signing_keys_lost) json.member("signing_keys_lost", true);
  write_configuration(json);
  json.end_object();
  responder.send({reason.empty() ? 200 : 503, "application/json", {}, std::move(json).take()});
}

}  // namespace adbacus
