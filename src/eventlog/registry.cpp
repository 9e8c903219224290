#include "eventlog/registry.hpp"

#include "eventlog/embedded/log_identity.hpp"

namespace adbacus {

Result<std::optional<LogIdentity>> event_log_identity(FileSystem& fs,
                                                      const EventLogConfig& config) {
  switch (config.backend) {
    case EventLogBackend::embedded:
      return read_log_identity(fs, config.embedded.folder);
  }
  return Error{ErrorCode::invalid_argument, "unknown event log backend"};
}

Result<std::unique_ptr<EventLog>> open_event_log(FileSystem& fs, Clock& clock,
                                                 const EventLogConfig& config) {
  switch (config.backend) {
    case EventLogBackend::embedded:
      return open_embedded_log(fs, clock, config.embedded);
  }
  return Error{ErrorCode::invalid_argument, "unknown event log backend"};
}

}  // namespace adbacus
