// A segment of nothing but a gap: stands in the log where a whole segment is missing and its loss
// was accepted. Used while the log is opened; one thread.
#pragma once

#include <string>

#include "base/file_system.hpp"
#include "eventlog/embedded/segment_list.hpp"
#include "eventlog/event_log.hpp"

namespace adbacus {

// Durable under its final name when it returns. `header` is as a segment that begins with the
// missing events would have it, its size aside; `link` is what the segment behind it names as the
// link of the one before. The sidecar of the segment that is missing goes: its events may be sent
// again.
Result<Segment> write_gap_segment(FileSystem& fs, const std::string& folder, SegmentHeader header,
                                  SeqRange missing, const Digest& link);

}  // namespace adbacus
