// What every event log backend promises about control entries.
#include <gtest/gtest.h>

#include "eventlog/testing/contract.hpp"
#include "eventlog/testing/test_events.hpp"

namespace adbacus {
namespace {

struct Said {
  Seq seq = 0;
  int kind = 0;
  std::string payload;
  friend bool operator==(const Said&, const Said&) = default;
};

// A log that could not be opened ends the case.
#define OPEN_LOG(log, harness)                               \
  auto log##_result = (harness).open();                      \
  ASSERT_TRUE(log##_result) << log##_result.error().message; \
  std::unique_ptr<EventLog> log = std::move(*log##_result)

void append_event(EventLog& log, const std::string& id) {
  auto ack = append_and_wait(log, TestEvent{.id = id});
  ASSERT_TRUE(ack) << ack.error().message;
}

std::vector<Said> visit_from(EventLog& log, Seq from) {
  std::vector<Said> said;
  const auto visited = log.visit_controls(from, [&](const LogControl& control) {
    said.push_back({control.seq, control.kind, std::string(control.payload)});
  });
  EXPECT_TRUE(visited) << visited.error().message;
  return said;
}

// Everything again by a reader, in pieces as small as it gives; `events` of them besides.
std::vector<Said> read_from(EventLog& log, std::size_t& events) {
  std::vector<Said> said;
  const auto reader = log.reader();
  LogBatch batch;
  for (Seq next = 1; next <= log.status().synced_seq; next = batch.next) {
    auto got = reader->read(next, 200, 0, batch);
    EXPECT_TRUE(got) << got.error().message;
    EXPECT_GT(batch.next, next);
    if (!got || batch.next <= next) break;
    for (const LogControl& control : batch.controls) {
      said.push_back({control.seq, control.kind, std::string(control.payload)});
      EXPECT_EQ(control.version, 2);
      EXPECT_GT(control.log_time_us, 0);
    }
    for (const LogRecord& record : batch.records) events += record.count;
  }
  return said;
}

void gives_control_entries_a_place_in_the_order(LogHarness& harness) {
  std::vector<Said> said;
  {
    OPEN_LOG(log, harness);
    EXPECT_TRUE(visit_from(*log, 1).empty());
    append_event(*log, "a");
    append_event(*log, "b");
    for (const std::string& payload : {std::string("x"), std::string(), std::string(99'999, 'p')}) {
      auto seq = append_control_and_wait(*log, {.kind = 9, .version = 2, .payload = payload});
      ASSERT_TRUE(seq) << seq.error().message;
      EXPECT_EQ(*seq, log->status().synced_seq);
      said.push_back({*seq, 9, payload});
      append_event(*log, "behind " + payload.substr(0, 1));
    }
    EXPECT_EQ(said[0].seq, 3U);
    EXPECT_EQ(visit_from(*log, 1), said);
    log->close();
  }
  OPEN_LOG(log, harness);
  EXPECT_EQ(log->status().synced_seq, 8U);
  EXPECT_EQ(visit_from(*log, 1), said);
  EXPECT_EQ(visit_from(*log, said[1].seq), std::vector<Said>(said.begin() + 1, said.end()));
  EXPECT_TRUE(visit_from(*log, said[2].seq + 1).empty());
  std::size_t events = 0;
  EXPECT_EQ(read_from(*log, events), said);
  EXPECT_EQ(events, 5U);
}

// Orders are visited, bulk is only read.
void passes_over_bulk_when_orders_are_visited(LogHarness& harness) {
  std::vector<Said> said;
  {
    OPEN_LOG(log, harness);
    for (int i = 0; i < 6; ++i) {
      const auto kind = static_cast<std::uint8_t>(i % 3 == 0 ? 9 : kBulkControlMin + i);
      auto seq =
          append_control_and_wait(*log, {.kind = kind, .version = 2, .payload = std::to_string(i)});
      ASSERT_TRUE(seq) << seq.error().message;
      said.push_back({*seq, kind, std::to_string(i)});
      append_event(*log, "e" + std::to_string(i));
    }
    EXPECT_EQ(visit_from(*log, 1), (std::vector<Said>{said[0], said[3]}));
    log->close();
  }
  OPEN_LOG(log, harness);
  EXPECT_EQ(visit_from(*log, 1), (std::vector<Said>{said[0], said[3]}));
  std::size_t events = 0;
  EXPECT_EQ(read_from(*log, events), said);
  EXPECT_EQ(events, 6U);
  EXPECT_GE(log->first_seq_since(INT64_MIN), 1U);
  EXPECT_LE(log->first_seq_since(INT64_MIN), said[0].seq);
  EXPECT_LE(log->first_seq_since(log->status().synced_time_us), log->status().synced_seq);
}

void takes_no_control_entry_that_is_too_long(LogHarness& harness) {
  OPEN_LOG(log, harness);
  ControlEntry entry{.kind = 1, .version = 1, .payload = std::string(kControlBytesMax, 'p')};
  EXPECT_TRUE(append_control_and_wait(*log, entry));
  entry.payload += 'p';
  auto refused = append_control_and_wait(*log, entry);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
  log->close();
  refused = append_control_and_wait(*log, {.kind = 1, .version = 1, .payload = "p"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
}

#undef OPEN_LOG

constexpr LogContractCase kCases[] = {
    {"GivesControlEntriesAPlaceInTheOrder", gives_control_entries_a_place_in_the_order},
    {"PassesOverBulkWhenOrdersAreVisited", passes_over_bulk_when_orders_are_visited},
    {"TakesNoControlEntryThatIsTooLong", takes_no_control_entry_that_is_too_long},
};

}  // namespace

std::span<const LogContractCase> control_contract_cases() {
  return kCases;
}

}  // namespace adbacus
