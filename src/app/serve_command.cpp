#include "app/serve_command.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <fmt/format.h>
#include <memory>
#include <ostream>
#include <sys/resource.h>
#include <thread>

#include "app/config_flags.hpp"
#include "app/demo/demo_run.hpp"
#include "app/demo/demo_tenant.hpp"
#include "app/live_config.hpp"
#include "app/log_retention.hpp"
#include "app/node.hpp"
#include "app/service.hpp"
#include "app/shutdown_signal.hpp"
#include "base/logging.hpp"
#include "http/server.hpp"
#include "http/url.hpp"
#include "processor/key_bound_order.hpp"

namespace adbacus {
namespace {

struct Options {
  ConfigFlags flags;
  bool demo = false;
  std::string accept_loss;
  bool new_catalog = false;
};

constexpr TimeUs kCertificateUs = 2 * kSecondUs;
constexpr int kWatchMs = 200;  // how often failed parts are looked for
constexpr int kDrainSeconds = 20;

Result<std::optional<SeqRange>> parse_range(const std::string& text) {
  if (text.empty()) return {std::nullopt};
  SeqRange range;
  char rest = 0;
  unsigned long long first = 0;
  unsigned long long last = 0;
  if (std::sscanf(text.c_str(), "%llu-%llu%c", &first, &last, &rest) != 2 || first == 0 ||
      last < first) {
    return Error{ErrorCode::invalid_argument,
                 "--accept-loss must be FROM-TO, as the refusal named it"};
  }
  range.first = first;
  range.last = last;
  return {range};
}

// Sockets need descriptors; the soft limit of a shell is often 1,024.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Demo traffic beside the server, from a thread of its own.
class DemoThread {
 public:
  DemoThread(Clock& clock, DemoOptions options)
      : thread_([this, &clock, options = std::move(options)] {
          const auto done = run_demo(options, clock, stop_, nullptr);
          if (!done && !stop_) log_warn("demo traffic ended", {{"error", done.error().message}});
        }) {}
  ~DemoThread() {
    stop_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

RetentionOptions retention_options(const LogSection& log) {
  RetentionOptions options;
  options.days = log.retention_days;
  options.bytes = log.retention_bytes;
  options.backup = log.retention_backup;
  // Ids in windows are rebuilt from segments, so these stay while a window reaches back to them.
  options.age_min_us = std::max({kRetentionDaysMin * kDayUs, log.conversion_window_days * kDayUs,
                                 log.live_window_hours * kHourUs});
  return options;
}

// The settings that may change and belong to nobody else than this process.
void apply_logging(const Config& config) {
  log_configure(config.logging.level, config.logging.format);
}

// Renewed certificates are used without anybody having to say so.
class CertificateWatch {
 public:
  CertificateWatch(Service& service, Clock& clock) : service_(service), clock_(clock) {}
  void run_if_due() {
    if (clock_.mono_us() - looked_us_ < kCertificateUs) return;
    looked_us_ = clock_.mono_us();
    const auto outcome = service_.reload_certificate();
    const std::string wrong = outcome ? "" : outcome.error().message;
    if (!wrong.empty() && wrong != told_) {  // what stays wrong is worth one line
      log_error("the certificate is not exchanged, the old one stays", {{"error", wrong}});
    }
    told_ = wrong;
  }

 private:
  Service& service_;
  Clock& clock_;
  TimeUs looked_us_ = 0;
  std::string told_;
};

// Waits for a signal to end, and reads the configuration again at SIGHUP; drops old log segments
// now and then; a part that failed for good ends the wait too. True for a clean end.
bool watch(Node& node, Service& service, LiveConfig& live, ShutdownSignal& signal) {
  auto retention = node.retention(retention_options(live.config().log));
  CertificateWatch certificate(service, system_clock());
  for (;;) {
    const int number = signal.wait(kWatchMs);
    if (number == SIGHUP && live.reload()) {
      apply_logging(live.config());
      service.apply(live.config());
      retention = node.retention(retention_options(live.config().log));
    }
    if (number != 0 && number != SIGHUP) return true;
    if (retention) retention->run_if_due();
    certificate.run_if_due();
    const NodeHealth health = node.health();
    const std::string& failure = health.log.failed     ? health.log.failure
                                 : health.store.failed ? health.store.failure
                                                       : health.pipeline.failure;
    if (health.log.failed || health.store.failed || health.pipeline.failed) {
      log_error("stopping: a part failed for good", {{"error", failure}});
      return false;
    }
  }
}

// A server that cannot listen shall leave no data folder behind.
Result<void> probe_ports(const Config& config) {
  if (auto free = http::Server::probe(config.server); !free) return free;
  if (config.ops_listen.host.empty()) return {};
  http::ServerOptions ops;
  ops.host = config.ops_listen.host;
  ops.port = config.ops_listen.port;
  return http::Server::probe(ops);
}

int serve(const Options& options, CommandIo& io) {
  ShutdownSignal signal(HangUp::is_told);
  raise_descriptor_limit();
  const auto loaded = options.flags.load();
  if (!loaded) return fail_usage(io, loaded.error());
  const Config& config = loaded->config;
  apply_logging(config);
  NodeOptions node_options;
  auto range = parse_range(options.accept_loss);
  if (!range) return fail_usage(io, range.error());
  node_options.accept_loss = *range;
  node_options.new_catalog = options.new_catalog;
  if (auto free = probe_ports(config); !free) {
    return free.error().code == ErrorCode::invalid_argument ? fail_usage(io, free.error())
                                                            : fail(io, free.error());
  }
  LiveConfig live(config, [&options] { return options.flags.load(); });
  auto node = Node::begin(real_file_system(), system_clock(), config, node_options);
  if (!node) return fail(io, node.error());
  order_key_bound((*node)->log(), config.processor.keys_max);
  auto service = Service::start(**node, config, system_clock(), [&live] { return live.status(); });
  if (!service) return fail(io, service.error());
  // Events are taken while the store loads; nobody looks at signals meanwhile.
  if (auto finished = (*node)->finish(); !finished) return fail(io, finished.error());
  if (auto complete = (*service)->complete(); !complete) return fail(io, complete.error());
  const std::string url = http::server_url(config.server.host, (*service)->port(),
                                           !config.server.tls_certificate_file.empty());
  io.out << "adbacus serves " << url << "\nowner key of tenant 1: " << (*node)->paths().admin_key
         << std::endl;
  bool clean = false;
  {
    std::unique_ptr<DemoThread> demo;
    if (options.demo) {
      auto prepared = prepare_demo((*node)->catalog(), (*node)->paths().folder, system_clock());
      if (!prepared) return fail(io, prepared.error());
      if (auto known = (*service)->reload_keys(); !known) return fail(io, known.error());
      io.out << "tenant demo receives demo traffic; its key: " << prepared->key_file
             << "\ntry: curl -s -H \"Authorization: Bearer $(cat " << prepared->key_file << ")\" \""
             << url << "/v1/report?metrics=impressions,clicks,conversions,revenue,ctr"
             << "&dimensions=campaign_id&from=$(date -u -d -1day +%FT%TZ)&to=$(date -u +%FT%TZ)\""
             << std::endl;
      DemoOptions traffic;
      traffic.url = url;
      traffic.pinned_file = config.server.tls_certificate_file;
      traffic.key = prepared->key;
      traffic.backfill_hours = prepared->is_new ? 24 : 0;
      traffic.seed = static_cast<std::uint64_t>(system_clock().wall_us());
      demo = std::make_unique<DemoThread>(system_clock(), std::move(traffic));
    }
    clean = watch(**node, **service, live, signal);
    (*node)->set_draining();
  }
  log_info("stopping: requests in flight are finished");
  (*service)->stop(kDrainSeconds);
  service->reset();  // its threads look at the node
  if (auto closed = (*node)->close(); !closed) {
    log_error("closing failed", {{"error", closed.error().message}});
    clean = false;
  }
  return clean ? kExitDone : kExitFailed;
}

}  // namespace

CommandRun declare_serve_command(CLI::App& command) {
  auto options = std::make_shared<Options>();
  options->flags.declare(command);
  command.add_flag("--demo", options->demo, "create the tenant `demo` and send it demo traffic");
  command.add_option("--accept-loss", options->accept_loss,
                     "FROM-TO: go on without these damaged events, which are then lost");
  command.add_flag(
      "--new-catalog", options->new_catalog,
      "make a new catalog beside a log whose own is lost: a new owner key of tenant 1");
  return [options](CommandIo& io) { return serve(*options, io); };
}

}  // namespace adbacus
