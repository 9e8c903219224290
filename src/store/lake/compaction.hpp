// Merges small neighbouring files of closed event hours into one. Functions without state; the
// caller sees to it that only one merge runs at a time.
#pragma once

#include <vector>

#include "base/result.hpp"
#include "store/event_lake.hpp"
#include "store/lake/duckdb_session.hpp"
#include "store/lake/visible_files.hpp"

namespace adbacus {

// Files to merge next, in seq order; empty if no merge is worth it. `files` are sorted by name,
// `log_time_us` is that of the newest row: an hour is closed when it is past its end and the grace.
std::vector<LakeFile> pick_merge(const LakeOptions& options, const std::vector<LakeFile>& files,
                                 TimeUs log_time_us);

// One merge; false if there was none to do. The merged file replaces the others in one manifest
// change, so that readers and a crash see either.
Result<bool> merge_small_files(FileSystem& file_system, const LakeOptions& options,
                               VisibleFiles& visible, DuckdbSession& duckdb, TimeUs log_time_us);

}  // namespace adbacus
