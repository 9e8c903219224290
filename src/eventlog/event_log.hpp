// The durable, ordered log between ingest and processor: two narrow views and the values they
// exchange. Ingest gets an EventAppender, the processor and verify get EventReaders.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/hash.hpp"
#include "base/result.hpp"
#include "model/event.hpp"

namespace adbacus {

using Partition = std::uint16_t;
inline constexpr Partition kPartitions = 64;  // fixed per log generation

// An event's place in the node's order; the first event of a log has 1. 0 = before everything.
using Seq = std::uint64_t;

// What names a log: fixed at its creation, stored in every segment.
struct LogIdentity {
  std::string uuid;             // 32 lower-case hex digits
  std::uint64_t hash_seed = 0;  // for partitions and id keys
};

// Identity of one event for deduplication and routing, computed by ingest with the log's seed.
// make_entry_keys() in eventlog/entry_keys.hpp is the only place that computes it.
enum class IdScope : std::uint8_t {
  live,        // 96 h window
  conversion,  // 91 days
  import_run,  // checked against the run's own set and the live windows, kept with the run
};
struct EntryMeta {
  Hash128 id_key;  // (tenant, event_id)
  // What counts once beside the id; zero = nothing. Of a conversion (tenant, conversion type,
  // transaction_id), of a live event with a valid decision id (tenant, event type, decision_id).
  Hash128 transaction_key;
  Hash128 import_key;              // (tenant, import run); zero unless scope is import_run
  std::uint64_t content_hash = 0;  // of the encoded bytes, to tell duplicate_differs
  std::uint32_t offset = 0;        // of the encoded event in AppendBatch::bytes
  std::uint32_t length = 0;
  Partition partition = 0;
  IdScope scope = IdScope::live;
  ConversionStatus status = ConversionStatus::none;
};

struct AppendBatch {
  std::string bytes;  // encoded events, back to back
  std::vector<EntryMeta> entries;
};

struct AppendAck {
  Seq last_seq = 0;              // of the batch's last event; everything up to it is durable
  std::uint32_t duplicates = 0;  // entries with disposition duplicate_*
  std::vector<Disposition> dispositions;  // one per entry, in the batch's order
};

// A statement about the log, in the log's own order: it takes one place there, is as durable as an
// event, is unknown to deduplication and is in no count. What kinds there are, and what they mean,
// is in eventlog/control_entries.hpp.
struct ControlEntry {
  std::uint8_t kind = 0;
  std::uint8_t version = 0;  // of the payload
  std::string payload;       // at most kControlBytesMax
};
inline constexpr std::size_t kControlBytesMax = std::size_t{512} << 10U;
// Kinds from here on are records of what happened, not orders, and may be many: visit_controls()
// passes over them, and the log may drop them with the events beside them.
inline constexpr std::uint8_t kBulkControlMin = 128;

// Thread-safe.
class EventAppender {
 public:
  virtual ~EventAppender() = default;
  virtual const LogIdentity& identity() const = 0;
  // Calls `done` exactly once, from the log's own thread (so it must be quick and never block),
  // with success only when every entry survives a crash. storage_full and unavailable may be
  // retried with the same ids. What cannot be taken at all (too many bytes already wait:
  // unavailable) is refused at once, inside append() and on its caller's thread.
  using Done = std::function<void(Result<AppendAck>)>;
  virtual void append(AppendBatch batch, Done done) = 0;
};

// A control entry as a reader finds it.
struct LogControl {
  Seq seq = 0;
  TimeUs log_time_us = 0;
  std::uint8_t kind = 0;
  std::uint8_t version = 0;
  std::string_view payload;  // view into LogBatch::buffer
};

// Thread-safe. For the few who may say something about the log: the processor and operations.
class ControlLog {
 public:
  virtual ~ControlLog() = default;
  // As EventAppender::append(); the acknowledgement's last_seq is the entry's place.
  virtual void append_control(ControlEntry entry, EventAppender::Done done) = 0;
  // Every control entry below kBulkControlMin from seq `from` on that is durable now, in order;
  // views are valid during the call. Quick where the log holds few: a backend knows which of its
  // parts hold none.
  virtual Result<void> visit_controls(Seq from,
                                      const std::function<void(const LogControl&)>& visit) = 0;
};

// One partition's entries of one commit group.
struct LogRecord {
  Partition partition = 0;
  Seq first_seq = 0;  // entries have consecutive seqs
  std::uint32_t count = 0;
  TimeUs log_time_us = 0;           // append timestamp, monotone over the whole log
  std::uint32_t entries_begin = 0;  // index of the first entry in LogBatch::entries
};
struct LogEntry {
  std::string_view bytes;  // encoded event, view into LogBatch::buffer
  Disposition disposition = Disposition::counted;
};
struct LogBatch {
  std::string buffer;
  std::vector<LogRecord> records;
  std::vector<LogEntry> entries;
  std::vector<LogControl> controls;  // each stands between records, by seq
  Seq next = 0;                      // where the following read goes on
  bool empty() const { return records.empty() && controls.empty(); }
  void clear() {
    buffer.clear();
    records.clear();
    entries.clear();
    controls.clear();
  }
};

// A reader belongs to one thread. It never sees what is not yet known to be durable.
class EventReader {
 public:
  virtual ~EventReader() = default;
  // Whole records and control entries in seq order starting with the one that holds `from` (earlier
  // entries of that record included: the caller skips by seq), about bytes_max bytes of them. Waits
  // up to wait_ms for the first record; an empty batch then. corrupt names the damaged range;
  // not_found: `from` was dropped by retention.
  virtual Result<void> read(Seq from, std::size_t bytes_max, int wait_ms, LogBatch& out) = 0;
};

struct SeqRange {  // both ends included
  Seq first = 0;
  Seq last = 0;
};

struct LogStatus {
  Seq first_seq = 1;                // oldest event still there
  Seq oldest_part_end = 0;          // last event of the oldest part that may be dropped; 0 = none
  Seq synced_seq = 0;               // newest durable event
  TimeUs synced_time_us = 0;        // its log time
  std::uint64_t bytes = 0;          // on disk
  std::uint64_t waiting_bytes = 0;  // accepted, not yet durable
  std::size_t id_count = 0;         // ids resident in the deduplication windows
  std::size_t id_bytes = 0;
  bool storage_full = false;
  bool clock_stepped = false;  // the wall clock jumped or is behind log time, by over a minute
  bool failed = false;         // a sync or write failed for good: the process must exit
  std::string failure;
};

class EventLog : public EventAppender, public ControlLog {
 public:
  virtual std::unique_ptr<EventReader> reader() = 0;
  virtual LogStatus status() = 0;
  // Acknowledged events that were damaged or missing when the log was opened, now or earlier, and
  // whose loss was accepted: it goes on without them. Rising; the same while the log is open.
  virtual std::vector<SeqRange> accepted_losses() { return {}; }
  // A seq at or before the first entry whose log time is `since_us` or later, for readers that want
  // what is newer: from there they skip by time. Quick.
  virtual Seq first_seq_since(TimeUs since_us) {
    (void)since_us;
    return status().first_seq;
  }
  // Removes whole old parts of the log in which every event is before both bounds, as far as the
  // backend keeps parts; answers the oldest event that is left. The caller has made sure that
  // nobody needs them any more.
  virtual Result<Seq> drop_before(Seq before_seq, TimeUs before_us) {
    (void)before_seq;
    (void)before_us;
    return status().first_seq;  // keeps everything
  }
  // Blocks until everything handed to append() so far is durable or refused. Idempotent; after it
  // append() answers unavailable.
  virtual void close() = 0;
};

}  // namespace adbacus
