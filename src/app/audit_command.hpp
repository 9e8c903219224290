// `adbacus audit verify`: recomputes the audit log's hash chains.
#pragma once

#include "app/command_line.hpp"

namespace adbacus {

CommandRun declare_audit_command(CLI::App& command);

}  // namespace adbacus
