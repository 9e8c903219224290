// `adbacus demo`: sends demo traffic to a running server.
#pragma once

#include "app/command_line.hpp"

namespace adbacus {

CommandRun declare_demo_command(CLI::App& command);

}  // namespace adbacus
