// A log in memory for tests of the fold. Values of one test.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "eventlog/event_log.hpp"
#include "model/event_codec.hpp"

namespace adbacus {

// Events in order, cut into records of one partition each. The n-th has log time n ms.
struct MemoryLog {
  std::deque<std::string> texts;  // owner of the events' fields
  std::vector<Event> events;
  std::vector<Disposition> dispositions;
  std::deque<std::string> encoded;

  void add(const Event& event, Disposition disposition) {
    events.push_back(event);
    dispositions.push_back(disposition);
    encoded.emplace_back();
    encode_event(event, encoded.back());
  }

  // Records of up to `record_max` events that start at seq `from`.
  LogBatch batch(Seq from, std::size_t events_max, Rng& rng) const {
    LogBatch out;
    Seq seq = from;
    while (seq <= events.size() && seq < from + events_max) {
      LogRecord record;
      record.first_seq = seq;
      record.log_time_us = static_cast<TimeUs>(seq) * 1000;
      record.entries_begin = static_cast<std::uint32_t>(out.entries.size());
      const std::uint64_t count = 1 + rng.below(7);
      for (; record.count < count && seq <= events.size(); ++record.count, ++seq)
        out.entries.push_back({encoded[seq - 1], dispositions[seq - 1]});
      out.records.push_back(record);
    }
    out.next = seq;
    return out;
  }
};

}  // namespace adbacus
