// The table of subcommands and the way from arguments to an exit code: 0 done, 1 failed, 2 wrong
// usage. Results go to `out`, everything said to people to `err`. Called by main only, and by
// tests.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace CLI {
class App;
}

namespace adbacus {

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;

struct CommandIo {
  std::ostream& out;
  std::ostream& err;
};

// Runs a parsed command and returns the exit code.
using CommandRun = std::function<int(CommandIo& io)>;

// A new command is a function that declares its options on `command` (they are to be kept by the
// function returned), and a row of the table in command_line.cpp.
struct CommandRow {
  const char* name;
  const char* help;
  CommandRun (*declare)(CLI::App& command);
};
const std::vector<CommandRow>& command_table();

int run_command_line(const std::vector<CommandRow>& table,
                     const std::vector<std::string>& arguments, CommandIo& io);

// Says what failed, as every command does: "adbacus: <message>" on err.
int fail(CommandIo& io, const Error& error);
// The same for what the caller has to write differently: arguments and configuration. 2.
int fail_usage(CommandIo& io, const Error& error);

}  // namespace adbacus
