// Plans the copy of a segment log, beside its writer or without one, and checks a copied segment.
// Reads only. Called by backups through the port's registry; one thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/file_system.hpp"
#include "eventlog/log_copy_plan.hpp"

namespace adbacus {

// not_found: there is no log. corrupt: acknowledged events are damaged or missing. unavailable: old
// segments were dropped meanwhile, try again.
Result<LogCopyPlan> plan_segment_copy(FileSystem& fs, const std::string& folder);

// Reads every record of the copy at `path`; corrupt if it is not what `planned` says.
Result<void> check_segment_copy(FileSystem& fs, const std::string& path,
                                const LogCopyFile& planned);

// The notes of a log that begins with first_seq and was closed in order behind last_seq, as (file
// name, content).
std::vector<std::pair<std::string, std::string>> segment_copy_notes(const std::string& uuid,
                                                                    Seq first_seq, Seq last_seq);

}  // namespace adbacus
