#include "app/demo/demo_command.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>
#include <thread>

#include "app/demo/demo_run.hpp"
#include "app/remote_flags.hpp"
#include "app/shutdown_signal.hpp"
#include "app/terminal_progress.hpp"

namespace adbacus {
namespace {

struct Options {
  RemoteFlags remote;
  DemoOptions demo;
};

constexpr int kWatchMs = 100;

int send(Options& options, CommandIo& io) {
  ShutdownSignal signal(HangUp::ends);
  const auto key = options.remote.key();
  if (!key) return fail(io, key.error());
  options.demo.url = options.remote.url();
  options.demo.key = *key;
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
      ->capture_default_str();
  command.add_option("--rate", options->demo.events_per_second, "impressions a second afterwards")
      ->capture_default_str();
  command.add_option("--seconds", options->demo.seconds, "then stop; 0 goes on until SIGINT")
      ->capture_default_str();
  command.add_option("--seed", options->demo.seed, "of the random traffic")->capture_default_str();
  return [options](CommandIo& io) { return send(*options, io); };
}

}  // namespace adbacus
