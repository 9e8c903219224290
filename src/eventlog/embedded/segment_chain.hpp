// Opens the folder's segments as one chain: every header and footer is read and must fit its
// neighbours, so a missing, foreign, stale or swapped file is found before anything is served.
// Used by recovery; one thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file_system.hpp"
#include "eventlog/embedded/embedded_log.hpp"
#include "eventlog/embedded/log_notes.hpp"
#include "eventlog/embedded/segment_list.hpp"

namespace adbacus {

struct SegmentChain {
  std::vector<Segment> segments;  // all but perhaps the last are sealed
  bool starts_late = false;       // leftovers of dropped segments were removed
};

// `start` is the note that says where the log begins, `durable_seq` the newest event that notes and
// derived data vouch for. An empty folder gives an empty chain. Damaged headers and footers are
// rebuilt, segments whose loss was accepted become gaps.
Result<SegmentChain> read_segment_chain(FileSystem& fs, const EmbeddedLogOptions& options,
                                        const std::optional<LogNote>& start, Seq durable_seq);

}  // namespace adbacus
