#include "app/load/load_command.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <ostream>

#include "app/load/run_load.hpp"
#include "app/remote_flags.hpp"

namespace adbacus {
namespace {

struct Options {
  RemoteFlags remote;
  LoadOptions load;
  bool has_bare_conversions = false;
  bool is_json = false;
  bool is_quiet = false;
};

// Without the pixel, which takes no secret key.
std::optional<LoadMode> find_mode(const std::string& name) {
  if (name == "single") return LoadMode::single;
  if (name == "batch") return LoadMode::batch;
  if (name == "report") return LoadMode::report;
  if (name == "decision") return LoadMode::decision;
  return std::nullopt;
}

std::string mode_mistake(const std::string& name) {
  return find_mode(name) ? "" : "'" + name + "' is none of single, batch, report and decision";
}

int load(Options& options, CommandIo& io) {
  if (const std::string mistakes = options.load.mistakes(); !mistakes.empty()) {
    return fail_usage(io, {ErrorCode::invalid_argument, mistakes});
  }
  const auto key = options.remote.key();
  if (!key) return fail(io, key.error());
  options.load.url = options.remote.url();
  options.load.key = *key;
  options.load.conversion_fields = !options.has_bare_conversions;
  const bool shows_progress = !options.is_json && !options.is_quiet;
  const auto report = run_load(options.load, shows_progress ? &io.err : nullptr);
  if (!report) return fail(io, report.error());
  io.out << (options.is_json ? load_report_json(*report) : load_report_text(options.load, *report));
  return report->is_good() ? kExitDone : kExitFailed;
}

}  // namespace

CommandRun declare_load_command(CLI::App& command) {
  auto options = std::make_shared<Options>();
  LoadOptions& load_options = options->load;
  options->remote.declare(command);
  const auto number = [&command](const char* name, auto& value, const char* help) {
    command.add_option(name, value, help)->capture_default_str();
  };
  command
      .add_option_function<std::string>(
          "--mode",
          [&load_options](const std::string& name) {
            if (const auto mode = find_mode(name)) load_options.mode = *mode;
          },
          "single: an event a request, batch: many; report, decision: these instead")
      ->check(CLI::Validator(mode_mistake, ""))
      ->type_name("MODE");
  number("--rate", load_options.rate_per_s,
         "events a second at fixed times; 0: as fast as it goes");
  number("--connections", load_options.connections, "kept open");
  number("--threads", load_options.threads, "of the generator");
  number("--batch", load_options.batch_events, "events a request, in mode batch");
  number("--seconds", load_options.duration_s, "how long to send");
  number("--events", load_options.events_max, "how many events to send at most; 0: no limit");
  number("--seed", load_options.seed, "of the events; 0: a random one");
  number("--tenant", load_options.tenant, "written into the events; empty: left out");
  number("--campaigns", load_options.campaigns, "how many");
  number("--users", load_options.users, "how many");
  number("--duplicates", load_options.duplicate_share, "share of events sent a second time");
  command.add_flag("--bare-conversions", options->has_bare_conversions,
                   "conversions without type and transaction_id");
  command.add_flag("--verify", load_options.verify,
                   "compare the reports with what was acknowledged; exit code 1 if they differ");
  command.add_option("--ledger", load_options.ledger_path,
                     "file for a line per event: sent, acknowledged or rejected");
  number("--timeout", load_options.timeout_s, "seconds to wait for an answer");
  number("--drain", load_options.drain_s, "seconds to wait for the last answers");
  command.add_flag("--json", options->is_json, "the result as JSON");
  command.add_flag("--quiet", options->is_quiet, "no progress");
  return [options](CommandIo& io) { return load(*options, io); };
}

}  // namespace adbacus
