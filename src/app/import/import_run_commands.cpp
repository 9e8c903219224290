#include "app/import/import_run_commands.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/format.h>
#include <future>
#include <memory>
#include <ostream>
#include <simdjson.h>

#include "app/config_flags.hpp"
#include "app/import/import_runs.hpp"
#include "app/node.hpp"
#include "app/remote_flags.hpp"
#include "app/terminal_progress.hpp"
#include "eventlog/control_entries.hpp"
#include "http/client.hpp"

namespace adbacus {
namespace {

constexpr int kTimeoutS = 120;
constexpr std::string_view kLine = "{:<24} {:<12} {:>12} {:>12} {:<10} {}\n";

struct Options {
  ConfigFlags flags;
  RemoteFlags remote;
  std::string tenant;
  std::string run;
  bool json = false;
};

// `list` is JSON as GET /v1/imports answers it.
int print_list(const std::string& list, bool as_json, CommandIo& io) {
  if (as_json) {
    io.out << list << '\n';
    return kExitDone;
  }
  try {
    simdjson::dom::parser parser;
    const simdjson::dom::element root = parser.parse(list);
    std::string text;
    for (const simdjson::dom::element run : simdjson::dom::array(root["items"])) {
      if (text.empty())
        text = fmt::format(kLine, "RUN", "TENANT", "EVENTS", "DUPLICATES", "FROM", "TO");
      text += fmt::format(kLine, std::string_view(run["run"]), std::string_view(run["tenant_id"]),
                          std::int64_t(run["events"]), std::int64_t(run["duplicates"]),
                          std::string_view(run["first_day"]), std::string_view(run["last_day"]));
    }
    io.out << (text.empty() ? "no import runs\n" : text);
    return kExitDone;
  } catch (const simdjson::simdjson_error& error) {
    return fail(
        io, {ErrorCode::internal, fmt::format("the answer is not as expected: {}", error.what())});
  }
}

int list_from_server(const Options& options, const std::string& data, CommandIo& io) {
  const auto key = options.remote.key_beside(data);
  if (!key) return fail(io, key.error());
  auto client =
      http::Client::open_for_command(options.remote.url(), options.remote.ca_file(), kTimeoutS);
  if (!client) return fail(io, client.error());
  std::vector<std::pair<std::string, std::string>> headers{{"Authorization", "Bearer " + *key}};
  if (!options.tenant.empty()) headers.emplace_back("X-Adbacus-Tenant", options.tenant);
  const auto answer = (*client)->call("GET", "/v1/imports", headers, "");
  if (!answer) return fail(io, answer.error());
  if (answer->status == 200) return print_list(answer->body, options.json, io);
  io.err << answer->body << '\n';
  return kExitFailed;
}

// Open, and store and lake have everything that is in the log.
Result<std::unique_ptr<Node>> open_caught_up(const Config& config, const char* what,
                                             CommandIo& io) {
  NodeOptions opening;
  opening.may_create = false;
  auto node = Node::open(real_file_system(), system_clock(), config, opening);
  if (!node) return node.error();
  if ((*node)->lake() == nullptr) {
    return Error{ErrorCode::conflict,
                 "import runs are known from the lake, which is switched off (lake.enabled)"};
  }
  TerminalProgress bar(io.err, system_clock(), what);
  auto done = (*node)->catch_up([&](Seq at, Seq end) { bar.show(at, end, "events"); });
  if (!done) return done.error();
  return node;
}

int list(const Options& options, CommandIo& io) {
  const auto loaded = options.flags.load();
  if (!loaded) return fail_usage(io, loaded.error());
  if (!options.remote.url().empty()) return list_from_server(options, loaded->config.data_dir, io);
  auto node = open_caught_up(loaded->config, "folding", io);
  if (!node) return fail(io, node.error());
  auto tenants = (*node)->catalog().tenants();
  if (!tenants) return fail(io, tenants.error());
  std::vector<ImportRunTotals> all;
  for (const Tenant& tenant : *tenants) {
    if (!options.tenant.empty() && tenant.id != options.tenant) continue;
    auto runs = list_import_runs(*(*node)->lake(), tenant.id);
    if (!runs) return fail(io, runs.error());
    all.insert(all.end(), runs->begin(), runs->end());
  }
  http::JsonWriter json;
  write_import_runs(json, all);
  return print_list(json.text(), options.json, io);
}

Result<ImportRunTotals> find_run(const Config& config, const std::string& tenant,
                                 const std::string& run, CommandIo& io) {
  auto node = open_caught_up(config, "folding", io);
  if (!node) return node.error();
  if (const Seq first = (*node)->log().status().first_seq; first > 1) {
    return Error{ErrorCode::conflict,
                 fmt::format("events 1-{} were dropped from the log, so store and lake cannot be "
                             "rebuilt without the run",
                             first - 1)};
  }
  auto runs = list_import_runs(*(*node)->lake(), tenant);
  if (!runs) return runs.error();
  const auto found = std::find_if(runs->begin(), runs->end(),
                                  [&](const ImportRunTotals& r) { return r.run == run; });
  if (found == runs->end()) {
    return Error{ErrorCode::not_found,
                 fmt::format("tenant {} has no import run {} with events", tenant, run)};
  }
  if (auto closed = (*node)->close(); !closed) return closed.error();
  return *found;
}

// Into the log alone, with nothing that folds beside it.
Result<void> order_drop(Config config, const DropRunEntry& entry) {
  config.roles = {};
  config.roles.process = false;
  config.roles.report = false;
  NodeOptions opening;
  opening.may_create = false;
  auto node = Node::open(real_file_system(), system_clock(), config, opening);
  if (!node) return node.error();
  std::promise<Result<AppendAck>> promise;
  auto answered = promise.get_future();
  (*node)->log().append_control(encode_control(entry),
                                [&](Result<AppendAck> ack) { promise.set_value(std::move(ack)); });
  const auto ack = answered.get();
  if (!ack) return ack.error();
  return (*node)->close();
}

int drop(const Options& options, CommandIo& io) {
  const auto loaded = options.flags.load();
  if (!loaded) return fail_usage(io, loaded.error());
  const std::string tenant = options.tenant.empty() ? kFirstTenant : options.tenant;
  const auto run = find_run(loaded->config, tenant, options.run, io);
  if (!run) return fail(io, run.error());
  const auto ordered =
      order_drop(loaded->config, {.tenant = tenant, .run = options.run, .actor = ""});
  if (!ordered) return fail(io, ordered.error());
  // From here on every opening rebuilds until that was done once.
  auto node = open_caught_up(loaded->config, "rebuilding", io);
  if (!node) return fail(io, node.error());
  if (auto closed = (*node)->close(); !closed) return fail(io, closed.error());
  if (options.json) {
    http::JsonWriter json;
    write_import_runs(json, {*run});
    io.out << json.text() << '\n';
    return kExitDone;
  }
  io.out << fmt::format(
      "run {} is dropped: its {} events are in no count, and store and lake were rebuilt without "
      "them\ntheir ids stay known in this run: import a corrected file under another name\n",
      run->run, run->events);
  return kExitDone;
}

}  // namespace

ImportRunCommand declare_import_run_commands(CLI::App& import) {
  auto options = std::make_shared<Options>();
  CLI::App* listing = import.add_subcommand("list", "list import runs and what they hold");
  options->flags.declare_data(*listing);
  options->remote.declare_beside_data(*listing);
  listing->add_option("--tenant", options->tenant, "only of this tenant");
  listing->add_flag("--json", options->json, "as JSON, as GET /v1/imports answers");
  CLI::App* dropping = import.add_subcommand(
      "drop", "take all events of a run out of every count, on a stopped server's folder");
  options->flags.declare_data(*dropping);
  dropping->add_option("run", options->run, "name of the run")->required();
  dropping->add_option("--tenant", options->tenant, "tenant of the run (1)");
  dropping->add_flag("--json", options->json, "what was dropped as JSON");
  return [options, listing, dropping](CommandIo& io) -> std::optional<int> {
    if (listing->parsed()) return list(*options, io);
    if (dropping->parsed()) return drop(*options, io);
    return std::nullopt;
  };
}

}  // namespace adbacus
