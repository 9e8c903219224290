// Opens a log's folder after any kind of stop: proves that everything acknowledged is there, or
// refuses and names the range; cuts a torn tail; refills the id windows. One thread, before the
// commit sequence starts. The caller holds the folder's lock.
#pragma once

#include <vector>

#include "eventlog/embedded/deduplication.hpp"
#include "eventlog/embedded/embedded_log.hpp"
#include "eventlog/embedded/segment_list.hpp"
#include "eventlog/embedded/segment_writer.hpp"

namespace adbacus {

struct RecoveredLog {
  LogIdentity identity;
  ActiveSegment active;  // no file: a new log
  std::uint16_t epoch = 1;
  std::vector<SeqRange> losses;  // gaps, rising
};

// Fills `list` and `ids`. Writes only what repairs need, and syncs it.
Result<RecoveredLog> recover_log(FileSystem& fs, const EmbeddedLogOptions& options,
                                 SegmentList& list, Deduplication& ids);

}  // namespace adbacus
