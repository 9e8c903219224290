// `adbacus import list` and `import drop`: which import runs there are, and giving one up. A drop
// works on a stopped data folder: its order goes into the log and what is derived from the log is
// rebuilt without the run.
#pragma once

#include <functional>
#include <optional>

#include "app/command_line.hpp"

namespace adbacus {

// Declare the two below `import`. The function answers nothing if neither was named.
using ImportRunCommand = std::function<std::optional<int>(CommandIo&)>;
ImportRunCommand declare_import_run_commands(CLI::App& import);

}  // namespace adbacus
