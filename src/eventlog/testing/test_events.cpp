#include "eventlog/testing/test_events.hpp"

#include <cstdlib>
#include <future>
#include <iostream>
#include <memory>

#include "eventlog/entry_keys.hpp"
#include "model/event_codec.hpp"

namespace adbacus {

Event TestEvent::view() const {
  Event event;
  event.type = type;
  event.status = status;
  event.time_us = 1'795'262'400'123'000;
  event.tenant = tenant;
  event.event_id = id;
  event.user_id = user;
  event.campaign_id = "42";
  event.transaction_id = transaction;
  if (!transaction.empty()) event.conversion_type = "purchase";
  event.import_run = import_run;
  event.decision_id = decision;
  if (!decision.empty()) event.flags = event_flag::signed_decision;
  event.url = url;
  return event;
}

std::string TestEvent::encoded() const {
  std::string bytes;
  encode_event(view(), bytes);
  return bytes;
}

AppendBatch make_batch(const std::vector<TestEvent>& events, std::uint64_t hash_seed) {
  AppendBatch batch;
  for (const TestEvent& event : events) add_event(event.view(), hash_seed, batch);
  return batch;
}

AppendBatch make_batch(const TestEvent& event, std::uint64_t hash_seed) {
  return make_batch(std::vector{event}, hash_seed);
}

Result<AppendAck> append_and_wait(EventAppender& log, const std::vector<TestEvent>& events) {
  // Shared: an answer after the wait gave up must still have somewhere to go.
  auto promise = std::make_shared<std::promise<Result<AppendAck>>>();
  auto future = promise->get_future();
  log.append(make_batch(events, log.identity().hash_seed),
             [promise](Result<AppendAck> ack) { promise->set_value(std::move(ack)); });
  if (future.wait_for(std::chrono::seconds(30)) != std::future_status::ready) {
    return Error{ErrorCode::internal, "no answer from append within 30 s"};
  }
  return future.get();
}

Result<AppendAck> append_and_wait(EventAppender& log, const TestEvent& event) {
  return append_and_wait(log, std::vector{event});
}

Result<Seq> append_control_and_wait(ControlLog& log, ControlEntry entry) {
  auto promise = std::make_shared<std::promise<Result<AppendAck>>>();
  auto future = promise->get_future();
  log.append_control(std::move(entry),
                     [promise](Result<AppendAck> ack) { promise->set_value(std::move(ack)); });
  if (future.wait_for(std::chrono::seconds(30)) != std::future_status::ready) {
    return Error{ErrorCode::internal, "no answer from append_control within 30 s"};
  }
  auto ack = future.get();
  if (!ack) return ack.error();
  return ack->last_seq;
}

Result<std::vector<ReadEvent>> read_all(EventReader& reader, Seq from, std::size_t bytes_max) {
  std::vector<ReadEvent> events;
  LogBatch batch;
  Arena arena;
  for (;;) {
    if (auto read = reader.read(from, bytes_max, 0, batch); !read) return read.error();
    if (batch.empty()) return events;
    for (const LogRecord& record : batch.records) {
      for (std::uint32_t i = 0; i < record.count; ++i) {
        const LogEntry& entry = batch.entries[record.entries_begin + i];
        const Seq seq = record.first_seq + i;
        if (seq < from) continue;
        arena.clear();
        auto event = decode_event(entry.bytes, arena);
        if (!event) return event.error();
        events.push_back({.seq = seq,
                          .partition = record.partition,
                          .log_time_us = record.log_time_us,
                          .disposition = entry.disposition,
                          .bytes = std::string(entry.bytes),
                          .id = std::string(event->event_id)});
      }
    }
    from = batch.next;
  }
}

std::uint64_t test_rounds(std::uint64_t normal, std::uint64_t thorough) {
  const char* text = std::getenv("ADBACUS_LONG");
  return text != nullptr && *text == '1' ? thorough : normal;
}

}  // namespace adbacus
