// Two small files beside the segments, each replaced atomically: `start` says where the log begins
// (so a deleted segment is not taken for retention), `clean_stop` where it ended when it was closed
// in order. Used while opening, closing and dropping; one thread.
#pragma once

#include <optional>
#include <string>

#include "base/file_system.hpp"
#include "eventlog/event_log.hpp"

namespace adbacus {

inline constexpr std::string_view kStartNote = "start";
inline constexpr std::string_view kCleanStopNote = "clean_stop";

struct LogNote {
  std::string uuid;
  Seq seq = 0;  // start: the oldest event; clean_stop: the newest durable one
};

struct NoteFile {
  std::optional<LogNote> note;  // nothing if there is none, or a damaged one
  bool is_damaged = false;
};

// corrupt for a version that is not known.
Result<NoteFile> read_note(FileSystem& fs, const std::string& folder, std::string_view name);
// The content of such a file.
std::string note_text(std::string_view name, const LogNote& note);
Result<void> write_note(FileSystem& fs, const std::string& folder, std::string_view name,
                        const LogNote& note);

}  // namespace adbacus
