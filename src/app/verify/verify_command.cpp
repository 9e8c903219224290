#include "app/verify/verify_command.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <memory>
#include <ostream>

#include "app/config_flags.hpp"
#include "app/node.hpp"
#include "app/terminal_progress.hpp"
#include "app/verify/lake_recount.hpp"
#include "app/verify/recount.hpp"
#include "http/json_writer.hpp"

namespace adbacus {
namespace {

struct Options {
  ConfigFlags flags;
  std::string tenant;
  bool dump = false;
  bool json = false;
};

constexpr std::size_t kShownDifferences = 20;
constexpr TimeUs kLakeEndUs = 230 * 366 * kDayUs;  // behind every event time

Result<std::unique_ptr<Node>> open_node(const Config& config, bool rebuild, CommandIo& io,
                                        const char* what) {
  NodeOptions options;
  options.rebuild = rebuild;
  options.may_create = false;
  auto node = Node::open(real_file_system(), system_clock(), config, options);
  if (!node) return node.error();
  TerminalProgress bar(io.err, system_clock(), what);
  if (auto done = (*node)->catch_up([&](Seq folded, Seq end) { bar.show(folded, end, "events"); });
      !done) {
    return done.error();
  }
  return node;
}

// Nothing to compare is no agreement: a misspelt tenant must not pass.
Result<void> require_tenant(Node& node, const std::string& id) {
  if (id.empty()) return {};
  const auto found = node.catalog().tenant(id);
  if (!found) return found.error();
  if (!*found) return Error{ErrorCode::not_found, "there is no tenant " + id};
  return {};
}

int print_dump(Node& node, const Options& options, CommandIo& io) {
  const auto dumped =
      node.store()->dump(options.tenant, [&](std::string_view line) { io.out << line << '\n'; });
  if (!dumped) return fail(io, dumped.error());
  return kExitDone;
}

void print_result(const Recount& counted, const Differences& differences, bool as_json,
                  CommandIo& io) {
  if (as_json) {
    http::JsonWriter json;
    json.begin_object().member("events", counted.events).member("duplicates", counted.duplicates);
    json.member("dead_letters", counted.dead_letters);
    json.member("first", counted.lake_last == 0 ? counted.first : Seq{1});
    json.member("last", counted.last).member("from_lake_up_to", counted.lake_last);
    json.member("aggregates", counted.lines.size()).member("differences", differences.count);
    json.key("shown").begin_array();
    for (const std::string& line : differences.shown) json.value(line);
    json.end_array().end_object();
    io.out << json.text() << '\n';
    return;
  }
  io.out << fmt::format(
      "{} events recounted, {} duplicates, {} dead letters, {} aggregates, {} differences\n",
      counted.events, counted.duplicates, counted.dead_letters, counted.lines.size(),
      differences.count);
  if (counted.lake_last != 0) {
    io.out << fmt::format("events 1-{} were counted from the lake, {}-{} from the log\n",
                          counted.lake_last, counted.first, counted.last);
  }
  for (const std::string& line : differences.shown) io.out << "  " << line << '\n';
}

// What retention dropped from the log is counted from the lake's rows.
Result<void> recount_dropped(Node& node, const std::string& only_tenant, Seq last, Recount& out) {
  if (node.lake() == nullptr) {
    return Error{ErrorCode::not_found,
                 fmt::format("events 1-{} were dropped from the log and there is no lake: what is "
                             "served of them cannot be recounted",
                             last)};
  }
  auto tenants = node.catalog().tenants();
  if (!tenants) return tenants.error();
  for (const Tenant& tenant : *tenants) {
    if (!only_tenant.empty() && tenant.id != only_tenant) continue;
    LakeRecountQuery query;
    query.tenant = tenant.id;
    query.to_us = kLakeEndUs;
    query.up_to = last;
    AggregateLines traffic;
    if (auto counted = recount_lake(*node.lake(), query, traffic); !counted) return counted;
    for (const auto& [key, counters] : traffic) {
      const auto events = static_cast<std::uint64_t>(counters[Counter64::events]);
      out.events += events;
      if (key.find("|duplicate_") != std::string::npos) out.duplicates += events;
      out.lines[key].add(counters);
    }
    query.cube = Cube::breakdown;
    query.level = Level::hour;
    if (auto counted = recount_lake(*node.lake(), query, out.lines); !counted) return counted;
  }
  out.lake_last = last;
  return {};
}

int verify(const Options& options, CommandIo& io) {
  const auto loaded = options.flags.load();
  if (!loaded) return fail_usage(io, loaded.error());
  auto node = open_node(loaded->config, false, io, "folding");
  if (!node) return fail(io, node.error());
  if (auto known = require_tenant(**node, options.tenant); !known) return fail(io, known.error());
  if (options.dump) return print_dump(**node, options, io);
  RecountRange range;
  range.tenant = options.tenant;
  AggregateLines served;
  if (auto read = read_served_lines(*(*node)->store(), range, served); !read)
    return fail(io, read.error());
  const LogStatus log = (*node)->log().status();
  const std::unique_ptr<EventReader> reader = (*node)->log().reader();
  const auto orders = read_counting_orders((*node)->log());
  if (!orders) return fail(io, orders.error());
  auto counted = [&] {
    TerminalProgress bar(io.err, system_clock(), "recounting");
    return recount_log(*reader, *orders, log.first_seq, log.synced_seq, range,
                       [&](Seq seq) { bar.show(seq, log.synced_seq, "events"); });
  }();
  if (!counted) return fail(io, counted.error());
  if (log.first_seq > 1) {
    auto added = recount_dropped(**node, options.tenant, log.first_seq - 1, *counted);
    if (!added) return fail(io, added.error());
  }
  const Differences differences = compare_lines(served, counted->lines, kShownDifferences);
  print_result(*counted, differences, options.json, io);
  return differences.count == 0 ? kExitDone : kExitFailed;
}

int replay(const Options& options, CommandIo& io) {
  const auto loaded = options.flags.load();
  if (!loaded) return fail_usage(io, loaded.error());
  auto node = open_node(loaded->config, true, io, "replaying");
  if (!node) return fail(io, node.error());
  const Seq end = (*node)->log().status().synced_seq;
  if (auto closed = (*node)->close(); !closed) return fail(io, closed.error());
  io.out << fmt::format("{} events replayed\n", end);
  return kExitDone;
}

}  // namespace

CommandRun declare_verify_command(CLI::App& command) {
  auto options = std::make_shared<Options>();
  options->flags.declare_data(command);
  command.add_option("--tenant", options->tenant, "only this tenant");
  command.add_flag("--dump", options->dump, "print every aggregate as sorted text instead");
  command.add_flag("--json", options->json, "the result as JSON");
  return [options](CommandIo& io) { return verify(*options, io); };
}

CommandRun declare_replay_command(CLI::App& command) {
  auto options = std::make_shared<Options>();
  options->flags.declare_data(command);
  return [options](CommandIo& io) { return replay(*options, io); };
}

}  // namespace adbacus
