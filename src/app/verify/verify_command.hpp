// `adbacus verify` and `adbacus replay`: prove, or rebuild, everything that is derived from the
// log. Both work on a stopped data folder.
#pragma once

#include "app/command_line.hpp"

namespace adbacus {

CommandRun declare_verify_command(CLI::App& command);
CommandRun declare_replay_command(CLI::App& command);

}  // namespace adbacus
