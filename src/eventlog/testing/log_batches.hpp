// Batches as a reader of the log would give them, built by hand for tests of what folds them.
#pragma once

#include <string_view>

#include "eventlog/event_log.hpp"

namespace adbacus {

// Appends an event to the newest record, or to a new one if its seq does not follow, the time is
// another or five are in it. `bytes` must outlive the batch.
inline void append_entry(LogBatch& out, Seq seq, std::string_view bytes, TimeUs log_time_us) {
  constexpr std::uint32_t kRecordEntries = 5;
  const bool joins = !out.records.empty() && out.records.back().count < kRecordEntries &&
                     out.records.back().first_seq + out.records.back().count == seq &&
                     out.records.back().log_time_us == log_time_us;
  if (!joins) {
    out.records.push_back({.partition = 0,
                           .first_seq = seq,
                           .count = 0,
                           .log_time_us = log_time_us,
                           .entries_begin = static_cast<std::uint32_t>(out.entries.size())});
  }
  ++out.records.back().count;
  out.entries.push_back({.bytes = bytes, .disposition = Disposition::counted});
}

}  // namespace adbacus
