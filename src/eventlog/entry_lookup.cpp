#include "eventlog/entry_lookup.hpp"

#include <fmt/core.h>
#include <variant>

#include "eventlog/control_entries.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kReadBytes = std::size_t{64} << 10U;

}  // namespace

Result<FoundEntry> find_entry(EventLog& log, Seq seq) {
  const Error missing{ErrorCode::not_found, fmt::format("no event stands at {} in the log", seq)};
  if (seq == 0 || seq > log.status().synced_seq) return missing;
  const auto reader = log.reader();
  LogBatch batch;
  if (auto read = reader->read(seq, kReadBytes, 0, batch); !read) return read.error();
  for (const LogRecord& record : batch.records) {
    if (seq < record.first_seq || seq >= record.first_seq + record.count) continue;
    const LogEntry& entry = batch.entries[record.entries_begin + (seq - record.first_seq)];
    return FoundEntry{.bytes = std::string(entry.bytes),
                      .disposition = entry.disposition,
                      .log_time_us = record.log_time_us};
  }
  for (const LogControl& control : batch.controls) {
    if (control.seq != seq) continue;
    auto meaning = decode_control(control);
    if (!meaning) return meaning.error();
    const auto* restore = std::get_if<RestoreEntry>(&*meaning);
    if (restore == nullptr) break;
    return FoundEntry{.bytes = std::string(restore->event),
                      .disposition = restore->disposition,
                      .log_time_us = control.log_time_us};
  }
  return missing;
}

}  // namespace adbacus
