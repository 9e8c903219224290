// `adbacus check-config`: reads the configuration as serve would, reports every mistake, and prints
// what is in effect and where it came from.
#pragma once

#include "app/command_line.hpp"

namespace adbacus {

CommandRun declare_check_config(CLI::App& command);

}  // namespace adbacus
