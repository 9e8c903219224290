// Chooses and opens the event log's backend. Called once by the application's wiring.
#pragma once

#include <memory>
#include <optional>

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "eventlog/embedded/embedded_log.hpp"
#include "eventlog/event_log.hpp"

namespace adbacus {

enum class EventLogBackend { embedded };

struct EventLogConfig {
  EventLogBackend backend = EventLogBackend::embedded;
  EmbeddedLogOptions embedded;
};

// Which log the backend holds, without opening it; nothing if it holds none yet.
Result<std::optional<LogIdentity>> event_log_identity(FileSystem& fs, const EventLogConfig& config);

Result<std::unique_ptr<EventLog>> open_event_log(FileSystem& fs, Clock& clock,
                                                 const EventLogConfig& config);

}  // namespace adbacus
