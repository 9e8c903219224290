// Writes a damaged header page of a segment again from what its neighbours, its records and its
// footer say. Used while the log is opened; one thread.
#pragma once

#include <optional>

#include "base/file_system.hpp"
#include "eventlog/embedded/segment_list.hpp"

namespace adbacus {

struct HeaderWitnesses {
  Seq first_seq = 0;  // by the file's name
  LogIdentity identity;
  const Segment* before = nullptr;      // null: the log's first
  std::optional<SegmentHeader> behind;  // of the next segment, if it can be read
};

// The header that is now in the file; nothing if it cannot be proved: by the footer's link, or in
// the log's last segment by its first record.
Result<std::optional<SegmentHeader>> repair_segment_header(File& file, const std::string& path,
                                                           const HeaderWitnesses& witnesses);

}  // namespace adbacus
