// Drops old parts of the log once nobody needs them: store, lake and, where one is configured, the
// backup are past them, and no id window reaches back so far. By default nothing is ever dropped.
// One thread; the log, the sinks and the clock outlive it.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "eventlog/event_log.hpp"
#include "store/analytics_store.hpp"

namespace adbacus {

struct RetentionOptions {
  std::uint32_t days = 0;   // older parts go; 0 = none for their age
  std::uint64_t bytes = 0;  // the oldest parts go while the log is larger; 0 = none for its size
  TimeUs age_min_us = 0;    // younger parts stay, however large the log is
  std::string backup;       // folder of a backup that must hold what goes; empty = none
  TimeUs interval_us = 10 * kMinuteUs;
  bool is_on() const { return days != 0 || bytes != 0; }
};

inline constexpr std::uint32_t kRetentionDaysMin = 91;

class LogRetention {
 public:
  // `lake` may be null.
  LogRetention(FileSystem& fs, Clock& clock, EventLog& log, FactWriter& store, LakeWriter* lake,
               RetentionOptions options);
  // At the first call and then every interval_us; says in the log what it dropped or why it could
  // not.
  void run_if_due();
  // Drops what may go now; the oldest event that is left.
  Result<Seq> run();

 private:
  Result<Seq> needed_from();

  FileSystem& fs_;
  Clock& clock_;
  EventLog& log_;
  FactWriter& store_;
  LakeWriter* lake_;
  const RetentionOptions options_;
  TimeUs due_us_ = INT64_MIN;  // monotonic
};

}  // namespace adbacus
