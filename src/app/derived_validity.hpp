// Whether what store and lake took from the log still is what the log gives: a dropped import run
// and an accepted loss change the log's past. Used by the node while it opens; one thread.
#pragma once

#include <span>
#include <string>

#include "eventlog/event_log.hpp"

namespace adbacus {

// Makes every accepted loss an entry of the log, unless it is one already: from its place on it is
// known which derived data was built without the lost events.
Result<void> note_accepted_losses(EventLog& log);

// Why data that was derived from the log up to one of `committed` (0 = nothing) has to be built
// again from the beginning; empty if it holds.
Result<std::string> why_outdated(EventLog& log, std::span<const Seq> committed);

}  // namespace adbacus
