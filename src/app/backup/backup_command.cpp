#include "app/backup/backup_command.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <ostream>

#include "app/backup/backup_run.hpp"
#include "app/backup/restore_run.hpp"
#include "app/config_flags.hpp"
#include "app/data_folder.hpp"
#include "app/terminal_progress.hpp"
#include "http/json_writer.hpp"

namespace adbacus {
namespace {

struct BackupFlags {
  ConfigFlags flags;
  std::string to;
  bool with_lake = false;
  bool with_store = false;
  bool json = false;
};

struct RestoreFlags {
  RestoreOptions options;
  bool json = false;
};

void write_covered(http::JsonWriter& json, const BackupManifest& manifest) {
  json.member("run", manifest.run).member("log_uuid", manifest.log_uuid);
  json.member("first_seq", manifest.first_seq).member("last_seq", manifest.last_seq);
  json.member("files", manifest.files.size());
}

// A backup there would be lost with what it is for, and would grow with every run.
bool lies_inside(const std::string& path, const std::string& folder) {
  std::error_code ignored;
  const auto inner = std::filesystem::weakly_canonical(path, ignored);
  const auto outer = std::filesystem::weakly_canonical(folder, ignored);
  const auto ends = std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end());
  return ends.first == outer.end();
}

int backup(const BackupFlags& flags, CommandIo& io) {
  const auto loaded = flags.flags.load();
  if (!loaded) return fail_usage(io, loaded.error());
  if (lies_inside(flags.to, loaded->config.data_dir)) {
    return fail_usage(io, {ErrorCode::invalid_argument, "--to lies inside the data folder " +
                                                            loaded->config.data_dir +
                                                            ": a backup belongs elsewhere"});
  }
  BackupOptions options;
  options.data = loaded->config.data_dir;
  options.to = flags.to;
  options.with_lake = flags.with_lake;
  options.with_store = flags.with_store;
  options.catalog = loaded->config.catalog;
  const auto done = [&] {
    TerminalProgress bar(io.err, system_clock(), "backing up");
    return run_backup(real_file_system(), system_clock(), options,
                      [&](std::uint64_t bytes, std::uint64_t total) {
                        bar.show(bytes >> 20U, total >> 20U, "MiB");
                      });
  }();
  if (!done) return fail(io, done.error());
  if (flags.json) {
    http::JsonWriter json;
    json.begin_object();
    write_covered(json, done->manifest);
    json.member("bytes", done->bytes).member("copied_files", done->copied_files);
    json.member("copied_bytes", done->copied_bytes).member("nothing_new", done->nothing_new);
    json.end_object();
    io.out << json.text() << '\n';
    return kExitDone;
  }
  if (done->nothing_new) {
    io.out << fmt::format("nothing new: events {}-{} were in {} already, nothing was copied\n",
                          done->manifest.first_seq, done->manifest.last_seq, options.to);
    return kExitDone;
  }
  io.out << fmt::format("events {}-{} are in {}: {} files, {} MiB; {} files, {} MiB were copied\n",
                        done->manifest.first_seq, done->manifest.last_seq, options.to,
                        done->manifest.files.size(), done->bytes >> 20U, done->copied_files,
                        done->copied_bytes >> 20U);
  return kExitDone;
}

int restore(const RestoreFlags& flags, CommandIo& io) {
  const auto done = [&] {
    TerminalProgress bar(io.err, system_clock(), "restoring");
    return run_restore(real_file_system(), flags.options,
                       [&](std::uint64_t bytes, std::uint64_t total) {
                         bar.show(bytes >> 20U, total >> 20U, "MiB");
                       });
  }();
  if (!done) return fail(io, done.error());
  if (flags.json) {
    http::JsonWriter json;
    json.begin_object();
    write_covered(json, done->manifest);
    json.member("bytes", done->bytes).end_object();
    io.out << json.text() << '\n';
    return kExitDone;
  }
  io.out << fmt::format(
      "events {}-{} are in {}; what is derived from them is rebuilt at its first "
      "start\n",
      done->manifest.first_seq, done->manifest.last_seq, flags.options.data);
  return kExitDone;
}

}  // namespace

CommandRun declare_backup_command(CLI::App& command) {
  auto flags = std::make_shared<BackupFlags>();
  flags->flags.declare_data(command);
  command.add_option("--to", flags->to, "the backup's folder; a second backup adds what is new")
      ->required();
  command.add_flag("--with-lake", flags->with_lake, "the Parquet files too");
  command.add_flag("--with-store", flags->with_store, "the store too; the server must be stopped");
  command.add_flag("--json", flags->json, "the result as JSON");
  return [flags](CommandIo& io) { return backup(*flags, io); };
}

CommandRun declare_restore_command(CLI::App& command) {
  auto flags = std::make_shared<RestoreFlags>();
  command.add_option("--from", flags->options.from, "the backup's folder")->required();
  command.add_option("--data", flags->options.data, "the new data folder, absent or empty")
      ->required()
      ->check(CLI::Validator(folder_mistake, ""));
  command.add_flag("--json", flags->json, "the result as JSON");
  return [flags](CommandIo& io) { return restore(*flags, io); };
}

}  // namespace adbacus
