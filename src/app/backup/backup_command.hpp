// `adbacus backup` and `adbacus restore`: a copy of a data folder that is consistent while a server
// writes it, and a data folder out of such a copy.
#pragma once

#include "app/command_line.hpp"

namespace adbacus {

CommandRun declare_backup_command(CLI::App& command);
CommandRun declare_restore_command(CLI::App& command);

}  // namespace adbacus
