#include "eventlog/registry.hpp"

#include "eventlog/embedded/log_identity.hpp"
#include "eventlog/embedded/log_notes.hpp"
#include "eventlog/embedded/segment_copy_plan.hpp"

namespace adbacus {

Result<std::optional<LogIdentity>> event_log_identity(FileSystem& fs,
                                                      const EventLogConfig& config) {
  switch (config.backend) {
    case EventLogBackend::embedded:
      return read_log_identity(fs, config.embedded.folder);
  }
  return Error{ErrorCode::invalid_argument, "unknown event log backend"};
}

Result<Seq> event_log_first_seq(FileSystem& fs, const EventLogConfig& config) {
  switch (config.backend) {
    case EventLogBackend::embedded:
      return read_log_first_seq(fs, config.embedded.folder);
  }
  return Error{ErrorCode::invalid_argument, "unknown event log backend"};
}

Result<bool> event_log_stopped_in_order(FileSystem& fs, const EventLogConfig& config) {
  switch (config.backend) {
    case EventLogBackend::embedded: {
      auto note = read_note(fs, config.embedded.folder, kCleanStopNote);
      if (!note) return note.error();
      return note->note.has_value();
    }
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

Result<LogCopyPlan> plan_log_copy(FileSystem& fs, const EventLogConfig& config) {
  switch (config.backend) {
    case EventLogBackend::embedded:
      return plan_segment_copy(fs, config.embedded.folder);
  }
  return Error{ErrorCode::invalid_argument, "unknown event log backend"};
}

Result<void> check_log_copy(FileSystem& fs, const EventLogConfig& config, const std::string& path,
                            const LogCopyFile& planned) {
  switch (config.backend) {
    case EventLogBackend::embedded:
      return check_segment_copy(fs, path, planned);
  }
  return Error{ErrorCode::invalid_argument, "unknown event log backend"};
}

std::vector<std::pair<std::string, std::string>> log_copy_notes(const EventLogConfig& config,
                                                                const std::string& uuid,
                                                                Seq first_seq, Seq last_seq) {
  switch (config.backend) {
    case EventLogBackend::embedded:
      return segment_copy_notes(uuid, first_seq, last_seq);
  }
  return {};
}

}  // namespace adbacus
