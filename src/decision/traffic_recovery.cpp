#include "decision/traffic_recovery.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <tuple>

#include "decision/decision_block.hpp"
#include "eventlog/control_entries.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kReadBytes = std::size_t{64} << 10U;

// Requests of one stretch of the log by tenant, placement and hour.
class StretchCount {
 public:
  explicit StretchCount(TimeUs until_us) : until_us_(until_us) {}

  Result<void> take(const LogControl& control) {
    if (control.kind != static_cast<std::uint8_t>(ControlKind::decisions)) return {};
    auto meaning = decode_control(control);
    if (!meaning) return meaning.error();
    TimeUs last_us = 0;
    Hash128 last_user;
    std::string last_placement;
    return read_decision_block(
        std::get<DecisionsEntry>(*meaning).block, [&](const LoggedDecision& decision) {
          // A lost auction is no request more.
          if ((decision.flags & LoggedDecision::kTakenBack) != 0) return;
          // The ads of one slot stand together; the first version did not number them.
          const bool is_same = (decision.flags & LoggedDecision::kSeeded) != 0
                                   ? decision.ad > 0
                                   : decision.time_us == last_us && decision.user == last_user &&
                                         decision.placement_id == last_placement;
          if (is_same || decision.time_us >= until_us_) return;
          last_us = decision.time_us;
          last_user = decision.user;
          last_placement = decision.placement_id;
          ++counts_[{std::string(decision.tenant), last_placement,
                     floor_to(decision.time_us, kHourUs) / kHourUs}];
        });
  }
  // What was counted stands for `weight` times as much.
  void move_to(TrafficHistory& history, double weight) {
    for (const auto& [key, count] : counts_) {
      const auto& [tenant, placement, hour] = key;
      const auto requests = std::llround(static_cast<double>(count) * weight);
      history.add(tenant, placement, hour, static_cast<std::uint64_t>(requests));
    }
    counts_.clear();
  }

 private:
  const TimeUs until_us_;
  std::map<std::tuple<std::string, std::string, std::int64_t>, std::uint64_t> counts_;
};

std::size_t bytes_of(const LogBatch& batch) {
  std::size_t bytes = 0;
  for (const LogEntry& entry : batch.entries) bytes += entry.bytes.size();
  for (const LogControl& control : batch.controls) bytes += control.payload.size();
  return bytes;
}

}  // namespace

Result<TrafficHistory> recover_traffic(EventLog& log, Seq end, TimeUs now_us,
                                       const TrafficRecoveryOptions& options,
                                       const std::function<bool()>& stopping) {
  TrafficHistory history;
  const auto reader = log.reader();
  const Seq first = log.first_seq_since(now_us - TrafficHistory::kHours * kHourUs);
  if (end < first) return history;
  const Seq length = end - first + 1;
  StretchCount counts(now_us);
  LogBatch batch;
  Seq next = first;
  for (std::size_t i = 1; i <= options.stretches && !stopping(); ++i) {
    const Seq begin = next;
    // In this order a product of log length and stretches stays far below 2^64.
    const Seq stretch_end = first + length * i / options.stretches;
    std::size_t bytes = 0;
    while (next < stretch_end && bytes < options.stretch_bytes) {
      if (auto got = reader->read(next, kReadBytes, 0, batch); !got) return got.error();
      for (const LogControl& control : batch.controls) {
        if (control.seq < next || control.seq > end) continue;
        if (auto taken = counts.take(control); !taken) return taken.error();
      }
      if (batch.next <= next) break;
      next = batch.next;
      bytes += std::max<std::size_t>(bytes_of(batch), 1);
    }
    if (next <= begin) continue;
    const bool is_whole = next >= stretch_end;
    const double share =
        is_whole ? 1 : static_cast<double>(next - begin) / static_cast<double>(stretch_end - begin);
    counts.move_to(history, 1 / share);
    next = std::max(next, stretch_end);
  }
  return history;
}

}  // namespace adbacus
