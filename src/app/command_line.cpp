#include "app/command_line.hpp"

#include <CLI/CLI.hpp>
#include <exception>
#include <ostream>

#include "app/audit_command.hpp"
#include "app/backup/backup_command.hpp"
#include "app/check_config.hpp"
#include "app/dead_letters/dlq_command.hpp"
#include "app/demo/demo_command.hpp"
#include "app/health_command.hpp"
#include "app/import/import_command.hpp"
#include "app/keys_command.hpp"
#include "app/load/load_command.hpp"
#include "app/serve_command.hpp"
#include "app/simulate/simulate_command.hpp"
#include "app/verify/verify_command.hpp"
#include "app/version.hpp"

namespace adbacus {

const std::vector<CommandRow>& command_table() {
  static const std::vector<CommandRow> table{
      {"serve", "run the server", declare_serve_command},
      {"import", "load CSV, TSV or NDJSON files as a named import run", declare_import_command},
      {"load", "generate load and compare what is reported with what was sent",
       declare_load_command},
      {"demo", "send demo traffic to a running server", declare_demo_command},
      {"verify", "recount the log and compare every served aggregate", declare_verify_command},
      {"simulate", "decide again on logged requests with other bids, budgets, caps or ranking",
       declare_simulate_command},
      {"replay", "rebuild all derived data from the log", declare_replay_command},
      {"backup", "copy the data folder, also while a server writes it", declare_backup_command},
      {"restore", "make a data folder out of a backup", declare_restore_command},
      {"dlq", "list, fix, replay and drop events that could not be counted", declare_dlq_command},
      {"keys", "create, list, revoke and rotate API keys", declare_keys_command},
      {"audit", "verify the log of who changed what", declare_audit_command},
      {"check-config", "check the configuration and print what is in effect", declare_check_config},
      {"health", "ask a running server whether it is ready", declare_health_command},
      {"version", "print the version", declare_version_command},
  };
  return table;
}

int run_command_line(const std::vector<CommandRow>& table,
                     const std::vector<std::string>& arguments, CommandIo& io) {
  CLI::App app("adbacus counts ad events and answers for the number", "adbacus");
  app.set_version_flag("--version", kVersion);
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::simple);
  std::vector<std::pair<CLI::App*, CommandRun>> commands;
  for (const CommandRow& row : table) {
    CLI::App* command = app.add_subcommand(row.name, row.help);
    commands.emplace_back(command, row.declare(*command));
  }
  try {
    // CLI11 takes them from the back.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    return app.exit(error, io.out, io.err) == 0 ? kExitDone : kExitUsage;
  }
  try {
    for (const auto& [command, run] : commands) {
      if (command->parsed()) return run(io);
    }
  } catch (const std::exception& error) {
    // Nothing below throws on purpose: out of memory, or a bug.
    return fail(io, {ErrorCode::internal, error.what()});
  }
  return kExitUsage;
}

int fail(CommandIo& io, const Error& error) {
  io.err << "adbacus: " << error.message << '\n';
  return kExitFailed;
}

int fail_usage(CommandIo& io, const Error& error) {
  fail(io, error);
  return kExitUsage;
}

}  // namespace adbacus
