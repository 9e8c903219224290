#include "app/derived_validity.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <future>
#include <utility>

#include "base/failpoint.hpp"
#include "base/logging.hpp"
#include "eventlog/control_entries.hpp"

namespace adbacus {
namespace {

// `take` gets the entry's place and what it says.
template <class Entry, class Take>
void take_if(const LogControl& control, const Take& take) {
  const auto meaning = decode_control(control);
  if (!meaning) return;  // the fold will say so
  if (const auto* entry = std::get_if<Entry>(&*meaning)) take(control.seq, *entry);
}

Result<void> append(EventLog& log, const LossEntry& entry) {
  if (auto fault = failpoint("node.before_loss_entry"); !fault) return fault;
  std::promise<Result<AppendAck>> promise;
  auto answered = promise.get_future();
  log.append_control(encode_control(entry),
                     [&](Result<AppendAck> ack) { promise.set_value(std::move(ack)); });
  const auto ack = answered.get();
  return ack ? Result<void>() : ack.error();
}

}  // namespace

Result<void> note_accepted_losses(EventLog& log) {
  const std::vector<SeqRange> losses = log.accepted_losses();
  if (losses.empty()) return {};
  std::vector<LossEntry> noted;
  const auto visited = log.visit_controls(losses.front().first, [&](const LogControl& control) {
    take_if<LossEntry>(control, [&](Seq, const LossEntry& entry) { noted.push_back(entry); });
  });
  if (!visited) return visited;
  for (const SeqRange& loss : losses) {
    log_warn("the log goes on without events that were lost",
             {{"first", fmt::format("{}", loss.first)}, {"last", fmt::format("{}", loss.last)}});
    const bool known = std::any_of(noted.begin(), noted.end(), [&](const LossEntry& entry) {
      return entry.first <= loss.first && loss.last <= entry.last;
    });
    if (known) continue;
    if (auto done = append(log, {.first = loss.first, .last = loss.last}); !done) return done;
  }
  return {};
}

Result<std::string> why_outdated(EventLog& log, std::span<const Seq> committed) {
  std::string why;
  // Data that has taken the entry itself was built knowing it from its first event on.
  const auto lies_in = [&](Seq from, Seq to) {
    return std::any_of(committed.begin(), committed.end(),
                       [&](Seq seq) { return seq > 0 && from <= seq && seq < to; });
  };
  const auto visited = log.visit_controls(log.status().first_seq, [&](const LogControl& control) {
    take_if<DropRunEntry>(control, [&](Seq seq, const DropRunEntry& entry) {
      if (lies_in(1, seq)) why = fmt::format("import run {} was dropped", entry.run);
    });
    take_if<LossEntry>(control, [&](Seq seq, const LossEntry& entry) {
      if (!lies_in(entry.first, seq)) return;
      why = fmt::format("events {}-{} were lost and their loss was accepted", entry.first,
                        entry.last);
    });
  });
  if (!visited) return visited.error();
  return why;
}

}  // namespace adbacus
