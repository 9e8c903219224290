// Ids of import runs outlive the segments that held them: a run can be repeated after years and
// must count nothing twice. Before segments are dropped their import ids go into small files beside
// the log (docs/formats/log_segment.md), which recovery reads. Used by the commit sequence and
// recovery; one thread each.
#pragma once

#include <string>
#include <vector>

#include "base/file_system.hpp"
#include "eventlog/embedded/deduplication.hpp"
#include "eventlog/embedded/segment_list.hpp"

namespace adbacus {

// Writes the file of a sealed segment; durable when it returns. False: the segment's id sidecar is
// not whole, so the segment must stay until an open of the log has rebuilt it.
Result<bool> keep_import_ids(FileSystem& fs, const std::string& folder, const Segment& segment);

// Puts the ids of all such files into the import window. corrupt: one is damaged.
Result<void> restore_kept_import_ids(FileSystem& fs, const std::string& folder,
                                     const LogIdentity& identity, Deduplication& ids);

// Names of all such files in the folder.
Result<std::vector<std::string>> list_kept_import_ids(FileSystem& fs, const std::string& folder);

}  // namespace adbacus
