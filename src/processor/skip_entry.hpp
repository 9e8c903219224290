// Orders that the fold passes over one entry, durably and for good. Called by the pipeline's
// thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "eventlog/event_log.hpp"
#include "processor/dead_letter_book.hpp"

namespace adbacus {

struct SkipOrder {
  Seq seq = 0;
  std::uint32_t tries = 0;
  std::string reason;
  bool look_inside = true;  // to name tenant and event id; false if that may kill the process
};

// Writes the control entry, waiting while the log's disk is full, and tells the book. False: the
// log closed or `stopping` was set first, and nothing is skipped yet.
Result<bool> skip_entry(EventLog& log, DeadLetterBook& book, const SkipOrder& order,
                        const std::atomic<bool>& stopping);

}  // namespace adbacus
