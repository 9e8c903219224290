// `adbacus health`: asks a running server's /readyz (or /healthz) and answers with the exit code,
// for service managers and containers.
#pragma once

#include "app/command_line.hpp"

namespace adbacus {

CommandRun declare_health_command(CLI::App& command);

}  // namespace adbacus
