// Refills the id windows when a log is opened: from the segments' sidecars, and from the records
// where a sidecar is short. One thread, part of recovery.
#pragma once

#include <span>

#include "eventlog/embedded/deduplication.hpp"
#include "eventlog/embedded/segment_list.hpp"
#include "eventlog/embedded/segment_writer.hpp"

namespace adbacus {

// `segments` in order, the last one being `active`, whose sidecar extent and import ids it fills
// in. Segments whose ids are all out of their windows are not read.
Result<void> restore_ids(FileSystem& fs, std::span<const Segment> segments, ActiveSegment& active,
                         Deduplication& ids);

}  // namespace adbacus
