// What of a log has to be copied so that a copy holds everything that was acknowledged when the
// plan was made: used by backups, on a log that is closed or that another process writes at this
// moment. Plain values and functions, free of threads.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "eventlog/event_log.hpp"

namespace adbacus {

// One file's front. These bytes never change again, whatever the writer does.
struct LogCopyFile {
  std::string name;  // in the log's folder
  Seq first_seq = 0;
  Seq last_seq = 0;
  std::uint64_t bytes = 0;           // from the file's start
  std::uint64_t restored_bytes = 0;  // size of the file when it is put back: zeros behind `bytes`
  bool sealed = false;               // a finished file; else the part of it that was written
  // Opaque texts: a file whose `previous_link` is the `link` of another is its continuation, and a
  // sealed file with an equal name and link has equal content. Empty: unknown.
  std::string previous_link;
  std::string link;
};

struct LogCopyPlan {
  LogIdentity identity;
  Seq first_seq = 0;  // both ends included
  Seq last_seq = 0;
  std::vector<LogCopyFile> files;       // in the order of the log
  std::vector<std::string> companions;  // further names in the folder, copied whole; never change
};

}  // namespace adbacus
