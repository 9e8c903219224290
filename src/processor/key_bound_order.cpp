#include "processor/key_bound_order.hpp"

#include <fmt/core.h>
#include <future>
#include <memory>
#include <optional>

#include "base/logging.hpp"
#include "eventlog/control_entries.hpp"

namespace adbacus {
namespace {

// Null: what was in force is dropped from the log, and only the store knows.
Result<std::optional<std::uint64_t>> newest_bound(EventLog& log) {
  const Seq first = log.status().first_seq;
  std::optional<std::uint64_t> newest;
  if (first <= 1) newest = kKeysMaxDefault;
  const auto visited = log.visit_controls(first, [&](const LogControl& control) {
    const auto meaning = decode_control(control);
    if (!meaning) return;  // the fold says so
    if (const auto* bound = std::get_if<BoundEntry>(&*meaning)) newest = bound->keys_max;
  });
  if (!visited) return visited.error();
  return newest;
}

Result<void> append(EventLog& log, std::uint64_t keys_max) {
  auto promise = std::make_shared<std::promise<Result<AppendAck>>>();
  auto future = promise->get_future();
  log.append_control(encode_control(BoundEntry{.keys_max = keys_max}),
                     [promise](Result<AppendAck> ack) { promise->set_value(std::move(ack)); });
  const auto ack = future.get();
  if (!ack) return ack.error();
  return {};
}

}  // namespace

void order_key_bound(EventLog& log, std::uint64_t keys_max) {
  const auto newest = newest_bound(log);
  if (newest && *newest == keys_max) return;
  const Result<void> done = newest ? append(log, keys_max) : Result<void>(newest.error());
  if (!done) {
    log_warn("the bound of new keys could not be said in the log",
             {{"error", done.error().message}});
    return;
  }
  log_info("the bound of new keys of a tenant and day is said in the log",
           {{"keys_max", fmt::format("{}", keys_max)}});
}

}  // namespace adbacus
