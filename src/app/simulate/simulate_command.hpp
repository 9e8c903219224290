// `adbacus simulate`: what would have been delivered with other bids, budgets, caps or ranking. For
// the command line.
#pragma once

#include "app/command_line.hpp"

namespace adbacus {

CommandRun declare_simulate_command(CLI::App& command);

}  // namespace adbacus
