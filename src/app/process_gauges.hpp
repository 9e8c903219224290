// What /metrics says of the process itself: memory, CPU by kind of thread, free disk. Any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/file_system.hpp"
#include "base/metrics.hpp"

namespace adbacus {

using Gauges = std::vector<std::unique_ptr<GaugeFn>>;

// Live as long as what is returned; fs must outlive that. `folder` is the data folder.
Gauges process_gauges(FileSystem& fs, const std::string& folder);

}  // namespace adbacus
