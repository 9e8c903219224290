// Reads which log a folder holds without opening it, for whoever must know before the log may be
// opened (the store, whose position the log's recovery needs). No locks, no writes.
#pragma once

#include <optional>
#include <string>

#include "base/file_system.hpp"
#include "eventlog/event_log.hpp"

namespace adbacus {

// Of the oldest segment that has a readable header; nothing if the folder has no segment.
Result<std::optional<LogIdentity>> read_log_identity(FileSystem& fs, const std::string& folder);

}  // namespace adbacus
