#include "app/demo/demo_command.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <memory>
#include <ostream>
#include <thread>

#include "app/demo/demo_run.hpp"
#include "app/demo/demo_tenant.hpp"
#include "app/remote_flags.hpp"
#include "app/shutdown_signal.hpp"
#include "app/terminal_progress.hpp"
#include "base/file_system.hpp"

namespace adbacus {
namespace {

struct Options {
  RemoteFlags remote{kDemoKeyFile};
  DemoOptions demo;
};

constexpr int kWatchMs = 100;
constexpr double kRateMax = 1e6;

// For CLI11, whose own ranges hold "nan".
std::string rate_mistake(const std::string& text) {
  const double rate = std::strtod(text.c_str(), nullptr);
  return rate >= 0 && rate <= kRateMax ? "" : "must be 0 to 1,000,000 a second";
}

// A named key, else the data folder's demo.key, which is made if the server runs there.
Result<void> find_key(Options& options) {
  options.demo.url = options.remote.url();
  options.demo.ca_file = options.remote.ca_file();
  const auto named = options.remote.named_key();
  if (!named) return named.error();
  if (*named) {
    options.demo.key = **named;
    return {};
  }
  const std::string& folder = options.remote.data();
  const auto known = real_file_system().exists(folder + "/" + kDemoKeyFile);
  if (!known) return known.error();
  if (*known) {
    const auto key = options.remote.key();
    if (!key) return key.error();
    options.demo.key = *key;
    return {};
  }
  auto made = prepare_demo_beside(options.demo.url, folder, system_clock());
  if (!made) return made.error();
  options.demo.key = std::move(made->key);
  options.demo.key_is_new = made->is_new;
  return {};
}

int send(Options& options, CommandIo& io) {
  ShutdownSignal signal(HangUp::ends);
  if (auto found = find_key(options); !found) return fail(io, found.error());
  std::atomic<bool> stop{false};
  std::atomic<bool> ended{false};
  std::atomic<std::uint64_t> sent{0};
  Result<DemoReport> report = DemoReport{};
  std::thread sender([&] {
    report = run_demo(options.demo, system_clock(), stop,
                      [&](const DemoReport& so_far) { sent = so_far.sent; });
    ended = true;
  });
  {
    TerminalProgress bar(io.err, system_clock(), "demo");
    while (!ended) {
      if (signal.wait(kWatchMs) != 0) stop = true;
      bar.show(sent, options.demo.backfill_events, "events");
    }
  }
  sender.join();
  if (!report) return fail(io, report.error());
  io.out << report->sent << " events sent, " << report->accepted << " accepted\n";
  return kExitDone;
}

}  // namespace

CommandRun declare_demo_command(CLI::App& command) {
  auto options = std::make_shared<Options>();
  options->remote.declare(command);
  command.add_option("--backfill-hours", options->demo.backfill_hours, "hours of past traffic")
      ->capture_default_str()
      ->check(CLI::Range(0, 71));
  command.add_option("--backfill-events", options->demo.backfill_events, "impressions in them")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command.add_option("--rate", options->demo.events_per_second, "impressions a second afterwards")
      ->capture_default_str()
      ->check(CLI::Validator(rate_mistake, ""));
  command.add_option("--seconds", options->demo.seconds, "then stop; 0 goes on until SIGINT")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command.add_option("--seed", options->demo.seed, "of the random traffic")->capture_default_str();
  return [options](CommandIo& io) { return send(*options, io); };
}

}  // namespace adbacus
