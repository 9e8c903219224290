#include "eventlog/registry.hpp"

namespace adbacus {

Result<std::unique_ptr<EventLog>> open_event_log(FileSystem& fs, Clock& clock,
                                                 const EventLogConfig& config) {
  switch (config.backend) {
    case EventLogBackend::embedded:
      return open_embedded_log(fs, clock, config.embedded);
  }
  return Error{ErrorCode::invalid_argument, "unknown event log backend"};
}

}  // namespace adbacus
