// A batch, or a control entry, on its way through the embedded log: handed in, committed in one
// group or in several, answered. Plain values of the log's threads.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "eventlog/event_log.hpp"

namespace adbacus {

struct WaitingBatch {
  AppendBatch batch;
  std::optional<ControlEntry> control;  // instead of the batch
  EventAppender::Done done;
  std::vector<Disposition> dispositions;
  std::uint32_t next = 0;  // entries before it are durable
  Seq last_seq = 0;
  std::size_t cost_bytes = 0;
};

// invalid_argument: an entry lies outside the bytes, or is too large.
Result<void> check_batch(const AppendBatch& batch);
// The answer when all entries are durable; takes the dispositions.
AppendAck ack_of(WaitingBatch& waiting);

}  // namespace adbacus
