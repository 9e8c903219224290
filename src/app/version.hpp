// The program's version, for --version, `adbacus version`, /version and metrics.
#pragma once

#include <string>

#include "app/command_line.hpp"

namespace adbacus {

inline constexpr const char* kVersion = "0.1.0";  // tools/tidy.py compares it with CMakeLists.txt

// {"version":…,"compiler":…,"build":…} on one line, without a line feed.
std::string version_json();

CommandRun declare_version_command(CLI::App& command);

}  // namespace adbacus
