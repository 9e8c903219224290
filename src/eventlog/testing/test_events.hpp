// Events, batches and round trips for tests of anything that has an event log. One thread each.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/testing/test_seed.hpp"
#include "eventlog/event_log.hpp"

namespace adbacus {

// The few fields that matter to a log; owns its texts, so a list of them can be kept as a model.
struct TestEvent {
  std::string id = {};
  EventType type = EventType::impression;
  std::string tenant = "1";
  std::string user = "u";
  std::string transaction = {};
  ConversionStatus status = ConversionStatus::none;
  std::string import_run = {};
  std::string decision = {};  // a valid one
  std::string url = {};       // makes the event as large as a test needs

  Event view() const;
  std::string encoded() const;
};

AppendBatch make_batch(const std::vector<TestEvent>& events, std::uint64_t hash_seed);
AppendBatch make_batch(const TestEvent& event, std::uint64_t hash_seed);

// Appends and waits for the answer, at most 30 s.
Result<AppendAck> append_and_wait(EventAppender& log, const std::vector<TestEvent>& events);
Result<AppendAck> append_and_wait(EventAppender& log, const TestEvent& event);

// The same for a control entry; answers its place.
Result<Seq> append_control_and_wait(ControlLog& log, ControlEntry entry);

struct ReadEvent {
  Seq seq = 0;
  Partition partition = 0;
  TimeUs log_time_us = 0;
  Disposition disposition = Disposition::counted;
  std::string bytes;
  std::string id;  // event_id of the decoded bytes
};
// Everything from `from` to the durable end, read in pieces of about `bytes_max`.
Result<std::vector<ReadEvent>> read_all(EventReader& reader, Seq from, std::size_t bytes_max);

// How many seeds a crash test tries: `normal`, or `thorough` with ADBACUS_LONG=1.
std::uint64_t test_rounds(std::uint64_t normal, std::uint64_t thorough);

}  // namespace adbacus
