// `adbacus keys create|list|revoke|rotate`: API keys of a data folder that no server is using.
#pragma once

#include "app/command_line.hpp"

namespace adbacus {

CommandRun declare_keys_command(CLI::App& command);

}  // namespace adbacus
