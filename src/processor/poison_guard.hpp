// Counts on disk how often the fold failed or died at the same entries, so that a record which
// kills the process is recognised after a few starts. Owned by the pipeline's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/crash_mark.hpp"
#include "base/file_system.hpp"
#include "eventlog/event_log.hpp"

namespace adbacus {

struct SuspectEntries {
  Seq first = 0;
  Seq last = 0;
  std::uint32_t tries = 0;
  bool single() const { return first == last; }
};

class PoisonGuard {
 public:
  // Makes `folder` and reads what the process before left there. If it died amid entries, that
  // counts as a try of theirs.
  static Result<std::unique_ptr<PoisonGuard>> open(FileSystem& fs, const std::string& folder,
                                                   const std::string& log_uuid);

  // Where the fold says what it is busy with; null if there is no place for it.
  CrashMark* mark() { return mark_.get(); }
  // What the process before died amid, with the tries so far; narrowed down from start to start as
  // the fold takes such entries one by one.
  const std::optional<SuspectEntries>& suspects() const { return suspects_; }
  // The fold failed at `seq`: counted, and durable unless the disk is full. Answers how often it
  // has by now.
  std::uint32_t note_failure(Seq seq);
  // The suspects are settled.
  Result<void> forget();

 private:
  PoisonGuard(FileSystem& fs, std::string path, std::string log_uuid)
      : fs_(fs), path_(std::move(path)), log_uuid_(std::move(log_uuid)) {}
  Result<void> read();
  void note(Seq first, Seq last);

  FileSystem& fs_;
  const std::string path_;
  const std::string log_uuid_;
  std::unique_ptr<CrashMark> mark_;
  std::optional<SuspectEntries> suspects_;
};

}  // namespace adbacus
