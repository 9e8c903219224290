// The default event log: one node's durable, ordered log in plain segment files, with exact
// deduplication where an event gets its place (docs/formats/log_segment.md). The application opens
// it once and hands its views to ingest and processor; append() and reader() are thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "eventlog/event_log.hpp"

namespace adbacus {

struct EmbeddedLogOptions {
  std::string folder;  // holds segments, id sidecars, notes and the lock; made if missing

  std::uint64_t segment_bytes = std::uint64_t{256} << 20U;  // 1 MiB .. 4 GiB, multiple of 4 KiB
  std::size_t group_bytes_max = std::size_t{256} << 10U;    // of events per commit, 4 .. 512 KiB
  std::size_t waiting_bytes_max = std::size_t{64} << 20U;   // handed in and not yet durable
  // Appends are refused while the disk has less; unset: max(5 % of the disk, 2 GiB).
  std::optional<std::uint64_t> free_bytes_min;

  std::uint32_t live_window_hours = 96;              // 1 .. 250
  std::uint32_t conversion_window_days = 91;         // 1 .. 250, transactions too
  std::size_t id_bytes_max = std::size_t{8} << 30U;  // memory for ids; unavailable beyond it

  Seq known_durable_seq = 0;         // newest event the store has committed: the log must reach it
  std::optional<Seq> required_from;  // oldest event somebody still needs: open refuses without it
  std::optional<SeqRange> accept_loss;  // damage inside this range becomes a gap, with a warning
  bool verify_sealed = false;           // read and check every sealed segment before serving

  std::optional<LogIdentity> new_identity;  // for a log that is created; unset: random
};

// Refuses with corrupt (and the range) where acknowledged events are damaged or missing, conflict
// if another process holds the folder, invalid_argument for all wrong options at once.
Result<std::unique_ptr<EventLog>> open_embedded_log(FileSystem& fs, Clock& clock,
                                                    EmbeddedLogOptions options);

// Messages of all wrong options, empty if there are none.
std::string check_embedded_log_options(const EmbeddedLogOptions& options);

}  // namespace adbacus
