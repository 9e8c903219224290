// Chooses and opens the event log's backend. Called once by the application's wiring.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "eventlog/embedded/embedded_log.hpp"
#include "eventlog/event_log.hpp"
#include "eventlog/log_copy_plan.hpp"

namespace adbacus {

enum class EventLogBackend { embedded };

struct EventLogConfig {
  EventLogBackend backend = EventLogBackend::embedded;
  EmbeddedLogOptions embedded;
};

// Which log the backend holds, without opening it; nothing if it holds none yet.
Result<std::optional<LogIdentity>> event_log_identity(FileSystem& fs, const EventLogConfig& config);

// Its oldest event, without opening it: greater than 1 once retention has dropped something.
Result<Seq> event_log_first_seq(FileSystem& fs, const EventLogConfig& config);

// Whether whoever wrote it last closed it in order, without opening it.
Result<bool> event_log_stopped_in_order(FileSystem& fs, const EventLogConfig& config);

Result<std::unique_ptr<EventLog>> open_event_log(FileSystem& fs, Clock& clock,
                                                 const EventLogConfig& config);

// For backups: the log need not be open, another process may be writing it. What the three do and
// answer is said at the backend's own (embedded/segment_copy_plan.hpp).
Result<LogCopyPlan> plan_log_copy(FileSystem& fs, const EventLogConfig& config);
Result<void> check_log_copy(FileSystem& fs, const EventLogConfig& config, const std::string& path,
                            const LogCopyFile& planned);
std::vector<std::pair<std::string, std::string>> log_copy_notes(const EventLogConfig& config,
                                                                const std::string& uuid,
                                                                Seq first_seq, Seq last_seq);

}  // namespace adbacus
