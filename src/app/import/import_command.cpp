#include "app/import/import_command.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <memory>
#include <ostream>

#include "app/import/import_run.hpp"
#include "app/import/import_run_commands.hpp"
#include "app/remote_flags.hpp"
#include "app/terminal_progress.hpp"
#include "base/file_system.hpp"
#include "http/json_writer.hpp"

namespace adbacus {
namespace {

struct Options {
  RemoteFlags remote;
  std::vector<std::string> files;
  std::string mapping;
  std::string run = "default";
  std::size_t batch_rows = 5000;
  bool restart = false;
  bool json = false;
};

std::string progress_folder() {
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && *state != '\0') return std::string(state) + "/adbacus/imports";
  const char* home = std::getenv("HOME");
  return home != nullptr ? std::string(home) + "/.local/state/adbacus/imports" : std::string();
}

// As the server wants it; then it needs no encoding in a URL either.
std::string run_mistake(const std::string& name) {
  const bool good = !name.empty() && name.size() <= 64 &&
                    std::all_of(name.begin(), name.end(), [](unsigned char c) {
                      return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
                    });
  return good ? "" : "'" + name + "' is no run's name: 1 to 64 letters, digits, '-', '_', '.'";
}

Result<ColumnMapping> load_mapping(const std::string& path) {
  if (path.empty()) return ColumnMapping::parse("format: ndjson\n");
  const auto text = read_file(real_file_system(), path);
  if (!text) return text.error();
  auto mapping = ColumnMapping::parse(*text);
  if (!mapping) return Error{mapping.error().code, path + ": " + mapping.error().message};
  return mapping;
}

void merge(const ImportReport& one, ImportReport& all) {
  all.rows += one.rows;
  all.resumed_rows += one.resumed_rows;
  all.accepted += one.accepted;
  all.duplicates += one.duplicates;
  all.rejected += one.rejected;
  for (const auto& [code, count] : one.reasons) all.reasons[code] += count;
  if (!one.position.empty()) all.position = one.position;
}

void print(const ImportReport& report, bool as_json, CommandIo& io) {
  if (!as_json) {
    io.out << report.rows << " rows sent, " << report.resumed_rows << " already sent before, "
           << report.accepted << " accepted, " << report.duplicates << " of them duplicates, "
           << report.rejected << " rejected\n";
    for (const auto& [code, count] : report.reasons)
      io.out << "  " << code << ": " << count << '\n';
    return;
  }
  http::JsonWriter json;
  json.begin_object().member("rows", report.rows).member("resumed_rows", report.resumed_rows);
  json.member("accepted", report.accepted).member("duplicates", report.duplicates);
  json.member("rejected", report.rejected).member("position", report.position);
  json.key("reasons").begin_object();
  for (const auto& [code, count] : report.reasons) json.member(code, count);
  json.end_object().end_object();
  io.out << json.text() << '\n';
}

int import(const Options& options, CommandIo& io) {
  const auto mapping = load_mapping(options.mapping);
  if (!mapping) return fail(io, mapping.error());
  const auto key = options.remote.key();
  if (!key) return fail(io, key.error());
  ImportReport all;
  for (const std::string& file : options.files) {
    ImportOptions run;
    run.url = options.remote.url();
    run.ca_file = options.remote.ca_file();
    run.key = *key;
    run.file = file;
    run.run = options.run;
    run.progress_folder = progress_folder();
    run.restart = options.restart;
    run.batch_rows = options.batch_rows;
    run.tell = [&io](const std::string& what) { io.err << what << '\n'; };
    TerminalProgress bar(io.err, system_clock(), file);
    const auto report = run_import(
        run, *mapping, [&](std::uint64_t done, std::uint64_t total, const ImportReport&) {
          bar.show(done, total, "bytes");
        });
    if (!report) return fail(io, report.error());
    for (const std::string& line : report->first_rejections) io.err << file << ": " << line << '\n';
    merge(*report, all);
  }
  print(all, options.json, io);
  return all.accepted + all.resumed_rows == 0 ? kExitFailed : kExitDone;
}

}  // namespace

CommandRun declare_import_command(CLI::App& command) {
  auto options = std::make_shared<Options>();
  options->remote.declare(command);
  command.add_option("files", options->files, "CSV, TSV or NDJSON files")->check(CLI::ExistingFile);
  command
      .add_option("--mapping", options->mapping,
                  "YAML file that maps columns to event fields; without it: native NDJSON")
      ->check(CLI::ExistingFile);
  command.add_option("--run", options->run, "name of the import run")
      ->capture_default_str()
      ->check(CLI::Validator(run_mistake, ""));
  command.add_option("--batch", options->batch_rows, "rows a request")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000));
  command.add_flag("--restart", options->restart, "send everything again from the first row");
  command.add_flag("--json", options->json, "the result as JSON");
  command.require_subcommand(0, 1);
  const ImportRunCommand runs = declare_import_run_commands(command);
  return [options, runs](CommandIo& io) {
    if (const auto done = runs(io)) return *done;
    if (options->files.empty())
      return fail_usage(io, {ErrorCode::invalid_argument, "name files to import, or list or drop"});
    return import(*options, io);
  };
}

}  // namespace adbacus
