#include "app/simulate/simulate_command.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <memory>
#include <optional>
#include <ostream>

#include "app/config_flags.hpp"
#include "app/node.hpp"
#include "app/simulate/simulation_report.hpp"
#include "app/simulate/simulation_run.hpp"
#include "app/terminal_progress.hpp"
#include "model/event_time.hpp"

namespace adbacus {
namespace {

struct Options {
  ConfigFlags flags;
  std::string tenant = "1";
  std::string from;
  std::string to;
  std::vector<std::string> changes;
  std::string changes_file;
  std::string ranking;
  std::string frequency_cap;
  std::uint64_t seed = 1;
  bool json = false;
  bool csv = false;
};

Error usage(const std::string& message) {
  return {ErrorCode::invalid_argument, message};
}

Result<std::optional<TimeUs>> read_time(const std::string& flag, const std::string& text) {
  if (text.empty()) return std::optional<TimeUs>();
  const auto time = parse_time_text(text, EpochUnits::by_magnitude);
  if (!time) return usage(flag + ": must be ISO 8601 or epoch milliseconds");
  return std::optional(time->us);
}

// Of every campaign: "3/24" is three in 24 hours.
Result<CatalogChange> cap_change(const std::string& text) {
  const std::size_t slash = text.find('/');
  const auto is_number = [](std::string_view digits) {
    return !digits.empty() && std::all_of(digits.begin(), digits.end(),
                                          [](char digit) { return digit >= '0' && digit <= '9'; });
  };
  if (slash == std::string::npos || !is_number(std::string_view(text).substr(0, slash)) ||
      !is_number(std::string_view(text).substr(slash + 1))) {
    return usage("--frequency-cap: must be ADS/HOURS, as 3/24");
  }
  auto change = parse_change(fmt::format("campaign.*.caps=[{{\"count\":{},\"period_hours\":{}}}]",
                                         text.substr(0, slash), text.substr(slash + 1)));
  if (change) change->place = "--frequency-cap";
  return change;
}

Result<std::vector<CatalogChange>> changes_of(const Options& options) {
  std::vector<CatalogChange> changes;
  if (!options.changes_file.empty()) {
    const auto text = read_file(real_file_system(), options.changes_file);
    if (!text) return text.error();
    auto read = parse_changes(*text, options.changes_file);
    if (!read) return read.error();
    changes = *std::move(read);
  }
  if (!options.frequency_cap.empty()) {
    auto change = cap_change(options.frequency_cap);
    if (!change) return change.error();
    changes.push_back(*std::move(change));
  }
  for (const std::string& text : options.changes) {
    auto change = parse_change(text);
    if (!change) return Error{change.error().code, "--change " + change.error().message};
    changes.push_back(*std::move(change));
  }
  return changes;
}

Result<SimulationOrder> order_of(const Options& options, const Config& config) {
  SimulationOrder order;
  auto changes = changes_of(options);
  if (!changes) return changes.error();
  order.changes = *std::move(changes);
  const auto from = read_time("--from", options.from);
  if (!from) return from.error();
  const auto to = read_time("--to", options.to);
  if (!to) return to.error();
  order.period = {.tenant = options.tenant,
                  .from_us = from->value_or(INT64_MIN),
                  .to_us = to->value_or(INT64_MAX)};
  order.ranking = parse_ranking(options.ranking);
  order.decider = config.decision.serving.decider;
  order.reserve_s = config.decision.keeper.reserve_s;
  order.seed = options.seed;
  return order;
}

// A day up to the log's end where nothing else is said. Budgets and counts are kept by the hour, so
// the period begins with one.
Result<void> settle_period(LoggedPeriod& period, const LogStatus& log) {
  if (period.to_us == INT64_MAX) period.to_us = log.synced_time_us + 1;
  if (period.from_us == INT64_MIN) period.from_us = period.to_us - kDayUs;
  period.from_us = floor_to(period.from_us, kHourUs);
  if (period.from_us < period.to_us) return {};
  return usage("--from: must be before --to");
}

Result<std::unique_ptr<Node>> open_node(const Config& config, CommandIo& io) {
  NodeOptions options;
  options.may_create = false;
  options.may_mend = false;
  auto node = Node::open(real_file_system(), system_clock(), config, options);
  if (!node && node.error().code == ErrorCode::conflict) {
    return Error{ErrorCode::conflict,
                 node.error().message +
                     "; a simulation needs the folder for itself: stop the server, or simulate on "
                     "a copy (adbacus backup, adbacus restore)"};
  }
  if (!node) return node;
  TerminalProgress bar(io.err, system_clock(), "folding");
  auto done = (*node)->catch_up([&](Seq folded, Seq end) { bar.show(folded, end, "events"); });
  if (!done) return done.error();
  return node;
}

int simulate(const Options& options, CommandIo& io) {
  const auto loaded = options.flags.load();
  if (!loaded) return fail_usage(io, loaded.error());
  auto order = order_of(options, loaded->config);
  if (!order) return fail_usage(io, order.error());
  auto node = open_node(loaded->config, io);
  if (!node) return fail(io, node.error());
  if (auto ok = settle_period(order->period, (*node)->log().status()); !ok) {
    return fail_usage(io, ok.error());
  }
  std::optional<TerminalProgress> bar;
  std::string phase;
  const auto result =
      run_simulation((*node)->log(), (*node)->catalog().entities(), *(*node)->store(), *order,
                     [&](const char* what, Seq done, Seq end) {
                       if (phase != what) bar.emplace(io.err, system_clock(), phase = what);
                       bar->show(done, end, "events");
                     });
  bar.reset();
  if (!result) {
    const bool is_usage = result.error().code == ErrorCode::invalid_argument;
    return is_usage ? fail_usage(io, result.error()) : fail(io, result.error());
  }
  io.out << (options.json  ? simulation_json(*result)
             : options.csv ? simulation_csv(*result)
                           : simulation_table(*result));
  if (result->differing <= result->bound.slots) return kExitDone;
  return fail(io, {ErrorCode::internal,
                   "the replay without changes is not what was logged: decisions may be missing "
                   "in the log (adbacus_decision_log_lost_total), do not trust the difference"});
}

}  // namespace

CommandRun declare_simulate_command(CLI::App& command) {
  auto options = std::make_shared<Options>();
  options->flags.declare_data(command);
  command.add_option("--tenant", options->tenant, "whose decisions")->capture_default_str();
  command
      .add_option("--from", options->from, "begin of the period, a whole hour; a day before --to")
      ->type_name("TIME");
  command.add_option("--to", options->to, "its end, excluded; the end of the log")
      ->type_name("TIME");
  command
      .add_option("--change", options->changes,
                  "a field of the catalog, as the API names it, repeatable; * is every object: "
                  "line_item.42.bid_cents=250, campaign.*.status=PAUSED")
      ->type_name("KIND.ID.FIELD=VALUE")
      ->allow_extra_args(false);
  command.add_option("--changes", options->changes_file, "the same as a YAML or JSON file")
      ->type_name("FILE");
  command.add_option("--ranking", options->ranking, "the tenant's ranking in the changed run")
      ->check(
          CLI::IsMember(std::vector<std::string>(kRankingNames.begin() + 1, kRankingNames.end())));
  command.add_option("--frequency-cap", options->frequency_cap, "of every campaign, as 3/24")
      ->type_name("ADS/HOURS");
  command
      .add_option("--seed", options->seed,
                  "of the choices of requests that were logged without one")
      ->capture_default_str();
  auto* json = command.add_flag("--json", options->json, "the result as JSON");
  command.add_flag("--csv", options->csv, "the result as CSV")->excludes(json);
  return [options](CommandIo& io) { return simulate(*options, io); };
}

}  // namespace adbacus
