// `adbacus import`: files into a running server as a named import run.
#pragma once

#include "app/command_line.hpp"

namespace adbacus {

CommandRun declare_import_command(CLI::App& command);

}  // namespace adbacus
