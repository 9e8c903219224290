// Reads one whole segment, checks that its records follow each other without a break, and mends
// what may be mended. Used by recovery and verification; one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/file_system.hpp"
#include "eventlog/embedded/chain_hash.hpp"
#include "eventlog/embedded/embedded_log.hpp"
#include "eventlog/embedded/segment_list.hpp"

namespace adbacus {

struct SegmentScan {
  bool broken = false;                    // stopped at something that is neither a record nor zeros
  std::uint64_t end_offset = kPageBytes;  // behind the last good record
  Seq next_seq = 0;
  TimeUs first_time_us = 0;
  TimeUs last_time_us = 0;
  std::uint16_t epoch = 0;
  Seq newest_mark_seq = 0;                        // everything up to it was synced
  std::uint64_t newest_mark_offset = kPageBytes;  // where that mark stands
  std::vector<SeqRange> gaps;                     // rising
  bool holds_controls = false;
  ChainHash chain;
};

// Walks the records of `segment` up to `limit` and fills its sparse index.
Result<SegmentScan> scan_segment(File& file, const Segment& segment, std::uint64_t limit);

// The message that names a range and what to do about it.
Error damaged_range(SeqRange range, const std::string& why);
// The same where nothing is left that the log could go on with.
Error lost_log(SeqRange range, const std::string& why);

// Writes gap records over [from, to) in place of `missing` entries from `seq` on, and syncs.
struct Gap {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  Seq seq = 0;
  std::uint64_t missing = 0;
  TimeUs time_us = 0;
  std::uint16_t epoch = 0;
};
Result<void> write_gap(File& file, const Gap& gap);

// Scans until the segment is whole. Damage at or before `durable_seq`, or in front of a mark that
// vouches for it, is an error unless `accept_loss` covers it, and then becomes a gap. Damage
// behind that stays in the answer as `broken`: a torn tail.
struct RepairRules {
  Seq durable_seq = 0;
  std::optional<SeqRange> accept_loss;
  bool is_sealed = false;  // its last record ends at the limit, so a gap at the end does too
};
Result<SegmentScan> scan_and_repair(File& file, const Segment& segment, std::uint64_t limit,
                                    const RepairRules& rules);

}  // namespace adbacus
