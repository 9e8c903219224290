#include "app/verify/verify_command.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <memory>
#include <ostream>

#include "app/config_flags.hpp"
#include "app/node.hpp"
#include "app/terminal_progress.hpp"
#include "app/verify/derived_inspection.hpp"
#include "app/verify/lake_comparison.hpp"
#include "app/verify/lake_recount.hpp"
#include "app/verify/other_rows.hpp"
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
  options.may_mend = rebuild;
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

// What an order about this folder begins with.
std::string mending(const Config& config) {
  return fmt::format("`adbacus replay --data {}` rebuilds store and lake from the log",
                     config.data_dir);
}

void write_damage(http::JsonWriter& json, const char* name,
                  const std::vector<StoredDamage>& found) {
  json.key(name).begin_array();
  for (const StoredDamage& damage : found) {
    json.begin_object().member("kind", damage_kind_name(damage.kind));
    json.member("name", damage.name).member("detail", damage.detail).end_object();
  }
  json.end_array();
}

int print_damage(const DerivedInspection& looked, const Config& config, bool as_json,
                 CommandIo& io) {
  if (as_json) {
    http::JsonWriter json;
    json.begin_object();
    write_damage(json, "damage", looked.damage);
    json.member("mended_by", mending(config)).end_object();
    io.out << json.text() << '\n';
    return kExitFailed;
  }
  io.out << fmt::format("{} parts of what is derived from the log are not as they were written:\n",
                        looked.damage.size());
  for (const StoredDamage& damage : looked.damage) {
    io.out << fmt::format("  {}: {}: {}\n", damage_kind_name(damage.kind), damage.name,
                          damage.detail);
  }
  io.out << "nothing was changed and nothing recounted; " << mending(config) << '\n';
  return kExitFailed;
}

// Before the node is opened, which would mend some of it.
Result<DerivedInspection> look_first(const Config& config, CommandIo& io) {
  if (auto there = require_data_folder(real_file_system(), config.data_dir); !there)
    return there.error();
  auto folder = DataFolder::open(real_file_system(), config.data_dir);
  if (!folder) return folder.error();
  TerminalProgress bar(io.err, system_clock(), "looking at the lake");
  auto looked =
      inspect_derived(real_file_system(), config, [&](std::uint64_t bytes, std::uint64_t total) {
        bar.show(bytes >> 20U, total >> 20U, "MiB");
      });
  if (!looked) return looked;
  for (const StoredDamage& left : looked->leftovers)
    io.err << fmt::format("left by a crash, in no count: {}: {}\n", left.name, left.detail);
  return looked;
}

struct Verdict {
  Recount counted;
  LakeComparison lake;
  Differences differences;  // of both
};

void print_result(const Verdict& verdict, const std::vector<SeqRange>& losses, const Config& config,
                  bool as_json, CommandIo& io) {
  const Recount& counted = verdict.counted;
  const Differences& differences = verdict.differences;
  if (as_json) {
    http::JsonWriter json;
    json.begin_object().member("events", counted.events).member("duplicates", counted.duplicates);
    json.member("dead_letters", counted.dead_letters).member("dropped", counted.dropped);
    json.member("first", counted.lake_last == 0 ? counted.first : Seq{1});
    json.member("last", counted.last).member("from_lake_up_to", counted.lake_last);
    json.member("aggregates", counted.lines.size());
    json.member("attributed_aggregates", counted.attributed.size());
    json.member("attributed_recounted", counted.lake_last == 0);
    json.member("lake_hours", verdict.lake.hours).member("lake_rows", verdict.lake.rows);
    json.member("differences", differences.count);
    json.key("shown").begin_array();
    for (const std::string& line : differences.shown) json.value(line);
    json.end_array();
    write_damage(json, "damage", {});
    json.key("accepted_losses").begin_array();
    for (const SeqRange& loss : losses)
      json.begin_object().member("first", loss.first).member("last", loss.last).end_object();
    json.end_array();
    if (differences.count > 0) json.member("mended_by", mending(config));
    json.end_object();
    io.out << json.text() << '\n';
    return;
  }
  io.out << fmt::format(
      "{} events recounted, {} duplicates, {} dead letters, {} aggregates, {} rows of {} event "
      "hours in the lake, {} differences\n",
      counted.events, counted.duplicates, counted.dead_letters, counted.lines.size(),
      verdict.lake.rows, verdict.lake.hours, differences.count);
  if (counted.dropped != 0)
    io.out << fmt::format("{} events of dropped import runs are in no count\n", counted.dropped);
  if (counted.lake_last != 0) {
    io.out << fmt::format(
        "events 1-{} were counted from the lake, {}-{} from the log; attributed conversions were "
        "not recounted, as the log's beginning is gone\n",
        counted.lake_last, counted.first, counted.last);
  }
  for (const SeqRange& loss : losses) {
    io.out << fmt::format(
        "events {}-{} were lost, which was accepted with --accept-loss: they are in no count\n",
        loss.first, loss.last);
  }
  for (const std::string& line : differences.shown) io.out << "  " << line << '\n';
  if (differences.count > 0) io.out << mending(config) << '\n';
}

Result<std::vector<std::string>> tenant_ids(Node& node, const std::string& only) {
  if (!only.empty()) return std::vector<std::string>{only};
  auto tenants = node.catalog().tenants();
  if (!tenants) return tenants.error();
  std::vector<std::string> ids;
  for (const Tenant& tenant : *tenants) ids.push_back(tenant.id);
  return ids;
}

// What retention dropped from the log is counted from the lake's rows.
Result<void> recount_dropped(Node& node, const std::string& only_tenant, Seq last, Recount& out) {
  if (node.lake() == nullptr) {
    return Error{ErrorCode::not_found,
                 fmt::format("events 1-{} were dropped from the log and there is no lake: what is "
                             "served of them cannot be recounted",
                             last)};
  }
  auto tenants = tenant_ids(node, only_tenant);
  if (!tenants) return tenants.error();
  for (const std::string& tenant : *tenants) {
    LakeRecountQuery query;
    query.tenant = tenant;
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

Result<Recount> recount(Node& node, const std::string& tenant, CommandIo& io) {
  RecountRange range;
  range.tenant = tenant;
  const LogStatus log = node.log().status();
  const std::unique_ptr<EventReader> reader = node.log().reader();
  auto orders = read_counting_orders(node.log());
  if (!orders) return orders.error();
  orders->attributed_from = node.store()->attributed_from(0);
  TerminalProgress bar(io.err, system_clock(), "recounting");
  auto counted = recount_log(*reader, *orders, log.first_seq, log.synced_seq, range,
                             [&](Seq seq) { bar.show(seq, log.synced_seq, "events"); });
  if (!counted || log.first_seq == 1) return counted;
  auto added = recount_dropped(node, tenant, log.first_seq - 1, *counted);
  if (!added) return added.error();
  return counted;
}

Result<Verdict> judge(Node& node, const std::string& tenant, CommandIo& io) {
  RecountRange range;
  range.tenant = tenant;
  AggregateLines served;
  if (auto read = read_served_lines(*node.store(), range, served); !read) return read.error();
  auto counted = recount(node, tenant, io);
  if (!counted) return counted.error();
  if (counted->lake_last != 0) {
    settle_other(served, "", counted->lines);
    std::erase_if(served, [](const auto& line) { return line.first.ends_with("|attributed"); });
  }
  Verdict verdict{.counted = *std::move(counted), .lake = {}, .differences = {}};
  AggregateLines all = verdict.counted.lines;
  all.insert(verdict.counted.attributed.begin(), verdict.counted.attributed.end());
  verdict.differences = compare_lines(served, all, kShownDifferences);
  if (node.lake() == nullptr) return verdict;
  auto tenants = tenant_ids(node, tenant);
  if (!tenants) return tenants.error();
  TerminalProgress bar(io.err, system_clock(), "comparing the lake");
  auto lake =
      compare_lake(*node.lake(), *tenants, verdict.counted.lines, kShownDifferences,
                   [&](std::uint64_t done, std::uint64_t days) { bar.show(done, days, "days"); });
  if (!lake) return lake.error();
  verdict.differences.count += lake->differences.count;
  for (const std::string& line : lake->differences.shown) verdict.differences.shown.push_back(line);
  verdict.lake = *std::move(lake);
  return verdict;
}

int verify(const Options& options, CommandIo& io) {
  const auto loaded = options.flags.load();
  if (!loaded) return fail_usage(io, loaded.error());
  const auto looked = look_first(loaded->config, io);
  if (!looked) return fail(io, looked.error());
  if (!looked->damage.empty()) return print_damage(*looked, loaded->config, options.json, io);
  auto node = open_node(loaded->config, false, io, "folding");
  if (!node) return fail(io, node.error());
  if (auto known = require_tenant(**node, options.tenant); !known) return fail(io, known.error());
  if (options.dump) return print_dump(**node, options, io);
  const auto verdict = judge(**node, options.tenant, io);
  if (!verdict) return fail(io, verdict.error());
  print_result(*verdict, (*node)->log().accepted_losses(), loaded->config, options.json, io);
  return verdict->differences.count == 0 ? kExitDone : kExitFailed;
}

int replay(const Options& options, CommandIo& io) {
  const auto loaded = options.flags.load();
  if (!loaded) return fail_usage(io, loaded.error());
  auto node = open_node(loaded->config, true, io, "replaying");
  if (!node) return fail(io, node.error());
  const Seq end = (*node)->log().status().synced_seq;
  if (auto closed = (*node)->close(); !closed) return fail(io, closed.error());
  if (options.json) {
    http::JsonWriter json;
    json.begin_object().member("events", end).end_object();
    io.out << json.text() << '\n';
  } else {
    io.out << fmt::format("{} events replayed\n", end);
  }
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
  command.add_flag("--json", options->json, "the result as JSON");
  return [options](CommandIo& io) { return replay(*options, io); };
}

}  // namespace adbacus
