// `adbacus serve`: runs the server until SIGTERM or SIGINT.
#pragma once

#include "app/command_line.hpp"

namespace adbacus {

CommandRun declare_serve_command(CLI::App& command);

}  // namespace adbacus
