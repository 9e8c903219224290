// `adbacus dlq`: dead letters from the command line, of a running server or of a data folder.
#pragma once

#include "app/command_line.hpp"

namespace adbacus {

CommandRun declare_dlq_command(CLI::App& command);

}  // namespace adbacus
