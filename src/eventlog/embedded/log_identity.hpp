// Reads which log a folder holds without opening it, for whoever must know before the log may be
// opened (the store, whose position the log's recovery needs). No locks, no writes.
#pragma once

#include <optional>
#include <string>

#include "base/file_system.hpp"
#include "eventlog/event_log.hpp"

namespace adbacus {

// Of the oldest segment that has a readable header, else of an id sidecar; nothing if the folder
// has neither.
Result<std::optional<LogIdentity>> read_log_identity(FileSystem& fs, const std::string& folder);

// The oldest event by the start note, or by the segments' names if that is missing or damaged; 1 if
// the folder has neither.
Result<Seq> read_log_first_seq(FileSystem& fs, const std::string& folder);

}  // namespace adbacus
