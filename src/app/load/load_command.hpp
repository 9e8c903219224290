// `adbacus load`: an open-loop load generator against a running server.
#pragma once

#include "app/command_line.hpp"

namespace adbacus {

CommandRun declare_load_command(CLI::App& command);

}  // namespace adbacus
