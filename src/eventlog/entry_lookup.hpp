// One entry of the log by its place: for dead letters, which are few. Any thread; each call reads
// some KiB to a MiB of the log.
#pragma once

#include <string>

#include "eventlog/event_log.hpp"

namespace adbacus {

struct FoundEntry {
  std::string bytes;  // encoded event; of a restore, the event it carries
  Disposition disposition = Disposition::counted;
  TimeUs log_time_us = 0;
};

// not_found: no event stands there (any more).
Result<FoundEntry> find_entry(EventLog& log, Seq seq);

}  // namespace adbacus
