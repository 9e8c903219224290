#include "processor/skip_entry.hpp"

#include <chrono>
#include <fmt/core.h>
#include <future>
#include <thread>

#include "base/logging.hpp"
#include "base/metrics.hpp"
#include "eventlog/entry_lookup.hpp"
#include "model/event_codec.hpp"

namespace adbacus {
namespace {

constexpr auto kRetryInterval = std::chrono::milliseconds(100);

Result<AppendAck> append_and_wait(EventLog& log, const ControlEntry& entry) {
  auto promise = std::make_shared<std::promise<Result<AppendAck>>>();
  auto future = promise->get_future();
  log.append_control(entry,
                     [promise](Result<AppendAck> ack) { promise->set_value(std::move(ack)); });
  return future.get();
}

}  // namespace

Result<bool> skip_entry(EventLog& log, DeadLetterBook& book, const SkipOrder& order,
                        const std::atomic<bool>& stopping) {
  SkipEntry entry{.seq = order.seq, .tries = order.tries, .reason = order.reason};
  if (order.look_inside) {
    auto found = find_entry(log, order.seq);
    if (!found) return found.error();
    entry.disposition = found->disposition;
    Arena arena;
    if (auto event = decode_event(found->bytes, arena)) {
      entry.tenant = event->tenant;
      entry.event_id = event->event_id;
    }
  }
  const ControlEntry bytes = encode_control(entry);
  for (;;) {
    auto ack = append_and_wait(log, bytes);
    if (ack) break;
    const ErrorCode code = ack.error().code;
    if (code != ErrorCode::storage_full && code != ErrorCode::unavailable) return ack.error();
    if (stopping) return false;
    std::this_thread::sleep_for(kRetryInterval);
  }
  book.skip(order.seq);
  counter("adbacus_processor_skipped_total", "Log entries passed over after repeated failures")
      .add(1);
  log_error("a log entry cannot be folded: it is skipped and is a dead letter now",
            {{"seq", fmt::format("{}", order.seq)},
             {"tries", fmt::format("{}", order.tries)},
             {"reason", order.reason}});
  return true;
}

}  // namespace adbacus
