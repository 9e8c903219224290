#include "eventlog/testing/contract.hpp"

#include <atomic>
#include <fmt/core.h>
#include <future>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <thread>

#include "eventlog/entry_keys.hpp"
#include "eventlog/testing/test_events.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kReadBytes = 8192;

// A log that could not be opened ends the case.
#define OPEN_LOG(log, harness)                               \
  auto log##_result = (harness).open();                      \
  ASSERT_TRUE(log##_result) << log##_result.error().message; \
  std::unique_ptr<EventLog> log = std::move(*log##_result)

std::vector<ReadEvent> read_from(EventLog& log, Seq from) {
  auto reader = log.reader();
  auto events = read_all(*reader, from, kReadBytes);
  EXPECT_TRUE(events) << events.error().message;
  return events ? std::move(*events) : std::vector<ReadEvent>();
}

std::vector<Disposition> append(EventLog& log, const std::vector<TestEvent>& events) {
  auto ack = append_and_wait(log, events);
  EXPECT_TRUE(ack) << ack.error().message;
  return ack ? std::move(ack->dispositions) : std::vector<Disposition>();
}

Disposition append_one(EventLog& log, const TestEvent& event) {
  const auto dispositions = append(log, {event});
  return dispositions.empty() ? Disposition::counted : dispositions[0];
}

TestEvent conversion(const std::string& id, const std::string& transaction,
                     ConversionStatus status) {
  TestEvent event;
  event.id = id;
  event.type = EventType::conversion;
  event.transaction = transaction;
  event.status = status;
  return event;
}

void reads_back_every_event_in_order(LogHarness& harness) {
  OPEN_LOG(log, harness);
  std::map<std::string, std::string> sent;
  Seq acked = 0;
  for (int b = 0; b < 40; ++b) {
    std::vector<TestEvent> events;
    for (int i = 0; i < 25; ++i) {
      events.push_back({.id = fmt::format("{}-{}", b, i), .user = fmt::format("u{}", i % 7)});
      sent[events.back().id] = events.back().encoded();
    }
    auto ack = append_and_wait(*log, events);
    ASSERT_TRUE(ack) << ack.error().message;
    EXPECT_GT(ack->last_seq, acked);
    acked = ack->last_seq;
  }
  EXPECT_GE(log->status().synced_seq, acked);
  Seq next = 1;
  TimeUs time_us = 0;
  for (const ReadEvent& event : read_from(*log, 1)) {
    EXPECT_EQ(event.seq, next++);
    EXPECT_GE(event.log_time_us, time_us);
    time_us = event.log_time_us;
    ASSERT_TRUE(sent.contains(event.id));
    EXPECT_EQ(event.bytes, sent[event.id]);
    sent.erase(event.id);
  }
  EXPECT_TRUE(sent.empty());
}

void keeps_the_order_of_a_users_events(LogHarness& harness) {
  OPEN_LOG(log, harness);
  for (int b = 0; b < 20; ++b) {
    std::vector<TestEvent> events;
    for (int i = 0; i < 30; ++i) {
      events.push_back({.id = fmt::format("{:04}", b * 30 + i), .user = fmt::format("u{}", i % 3)});
    }
    append(*log, events);
  }
  std::map<Partition, std::map<std::string, std::string>> newest;
  std::map<std::string, Partition> home;
  for (const ReadEvent& event : read_from(*log, 1)) {
    const std::string user = std::to_string(std::stoi(event.id) % 3);
    const auto [at, fresh] = home.emplace(user, event.partition);
    EXPECT_EQ(at->second, event.partition) << "a user has one partition";
    std::string& last = newest[event.partition][user];
    EXPECT_LT(last, event.id);
    last = event.id;
  }
  EXPECT_EQ(home.size(), 3U);
}

void starts_reading_in_the_middle(LogHarness& harness) {
  OPEN_LOG(log, harness);
  for (int b = 0; b < 10; ++b) {
    std::vector<TestEvent> events;
    for (int i = 0; i < 20; ++i) events.push_back({.id = fmt::format("{}-{}", b, i)});
    append(*log, events);
  }
  for (const Seq from : {1U, 2U, 20U, 21U, 133U, 200U}) {
    const auto events = read_from(*log, from);
    ASSERT_FALSE(events.empty());
    EXPECT_EQ(events.front().seq, from);
    EXPECT_EQ(events.size(), 200 - from + 1);
  }
  EXPECT_TRUE(read_from(*log, 201).empty());
}

void wakes_a_waiting_reader(LogHarness& harness) {
  OPEN_LOG(log, harness);
  auto reader = log->reader();
  auto batch = std::async(std::launch::async, [&] {
    LogBatch got;
    EXPECT_TRUE(reader->read(1, kReadBytes, 20'000, got));
    return got.records.size();
  });
  append(*log, {{.id = "a"}});
  EXPECT_EQ(batch.get(), 1U);
  LogBatch none;
  EXPECT_TRUE(reader->read(2, kReadBytes, 1, none));
  EXPECT_TRUE(none.records.empty());
  EXPECT_EQ(none.next, 2U);
}

void counts_an_id_once(LogHarness& harness) {
  OPEN_LOG(log, harness);
  append(*log, {{.id = "a"}, {.id = "b"}, {.id = "a"}});
  append(*log, {{.id = "b"}, {.id = "a", .tenant = "2"}});
  std::map<std::string, int> counted;
  for (const ReadEvent& event : read_from(*log, 1)) {
    counted[event.id] += event.disposition == Disposition::counted ? 1 : 0;
  }
  EXPECT_EQ(counted["a"], 2) << "one of each tenant";
  EXPECT_EQ(counted["b"], 1);
}

void tells_duplicates_at_once(LogHarness& harness) {
  if (!harness.tells_duplicates()) return;
  OPEN_LOG(log, harness);
  const TestEvent a{.id = "a"};
  TestEvent other = a;
  other.url = "https://example.com/other";
  auto ack = append_and_wait(*log, {a, TestEvent{.id = "b"}, a});
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->duplicates, 1U);
  EXPECT_EQ(ack->dispositions,
            (std::vector{Disposition::counted, Disposition::counted, Disposition::duplicate_id}));
  EXPECT_EQ(append_one(*log, a), Disposition::duplicate_id);
  EXPECT_EQ(append_one(*log, other), Disposition::duplicate_differs);
}

void knows_an_id_across_event_types(LogHarness& harness) {
  if (!harness.tells_duplicates()) return;
  OPEN_LOG(log, harness);
  EXPECT_EQ(append_one(*log, {.id = "a"}), Disposition::counted);
  EXPECT_NE(append_one(*log, conversion("a", "", ConversionStatus::none)), Disposition::counted);
  EXPECT_EQ(append_one(*log, conversion("b", "", ConversionStatus::none)), Disposition::counted);
  EXPECT_NE(append_one(*log, {.id = "b"}), Disposition::counted);
  const auto mixed = append(*log, {conversion("c", "", ConversionStatus::none),
                                   {.id = "c"},
                                   {.id = "d"},
                                   conversion("d", "", ConversionStatus::none)});
  EXPECT_EQ(mixed[0], Disposition::counted) << "the first one wins";
  EXPECT_NE(mixed[1], Disposition::counted);
  EXPECT_EQ(mixed[2], Disposition::counted);
  EXPECT_NE(mixed[3], Disposition::counted);
}

void follows_a_transaction_through_its_statuses(LogHarness& harness) {
  if (!harness.tells_duplicates()) return;
  OPEN_LOG(log, harness);
  using enum ConversionStatus;
  EXPECT_EQ(append_one(*log, conversion("1", "t", pending)), Disposition::counted);
  EXPECT_EQ(append_one(*log, conversion("2", "t", pending)), Disposition::repeat);
  EXPECT_EQ(append_one(*log, conversion("3", "t", approved)), Disposition::transition);
  EXPECT_EQ(append_one(*log, conversion("4", "t", approved)), Disposition::repeat);
  EXPECT_EQ(append_one(*log, conversion("5", "t", none)), Disposition::repeat);
  EXPECT_EQ(append_one(*log, conversion("3", "t", approved)), Disposition::duplicate_id);
  EXPECT_EQ(append_one(*log, conversion("6", "other", approved)), Disposition::counted);
}

void counts_a_decision_once_per_event_type(LogHarness& harness) {
  if (!harness.tells_duplicates()) return;
  const auto click = [](const char* id) {
    return TestEvent{.id = id, .type = EventType::click, .decision = "d"};
  };
  {
    OPEN_LOG(log, harness);
    EXPECT_EQ(append_one(*log, {.id = "1", .decision = "d"}), Disposition::counted);
    EXPECT_EQ(append_one(*log, {.id = "2", .decision = "d"}), Disposition::repeat);
    EXPECT_EQ(append_one(*log, {.id = "1", .decision = "d"}), Disposition::duplicate_id);
    EXPECT_EQ(append_one(*log, click("3")), Disposition::counted);
    log->close();
  }
  OPEN_LOG(log, harness);
  EXPECT_EQ(append_one(*log, {.id = "4", .decision = "d"}), Disposition::repeat);
  EXPECT_EQ(append_one(*log, click("5")), Disposition::repeat);
  EXPECT_EQ(append_one(*log, {.id = "6", .decision = "e"}), Disposition::counted);
  EXPECT_EQ(append_one(*log, {.id = "7"}), Disposition::counted);
}

void keeps_import_runs_apart(LogHarness& harness) {
  if (!harness.tells_duplicates()) return;
  OPEN_LOG(log, harness);
  const auto import = [](const std::string& id, const std::string& run) {
    return TestEvent{.id = id, .import_run = run};
  };
  EXPECT_EQ(append_one(*log, {.id = "live"}), Disposition::counted);
  EXPECT_EQ(append_one(*log, import("a", "x")), Disposition::counted);
  EXPECT_EQ(append_one(*log, import("a", "x")), Disposition::duplicate_id);
  EXPECT_EQ(append_one(*log, import("a", "y")), Disposition::counted);
  EXPECT_NE(append_one(*log, import("live", "x")), Disposition::counted);
}

void knows_everything_after_reopening(LogHarness& harness) {
  LogIdentity identity;
  Seq end = 0;
  const TestEvent import{.id = "i", .import_run = "x"};
  {
    OPEN_LOG(log, harness);
    identity = log->identity();
    append(*log,
           {{.id = "a"}, {.id = "b"}, import, conversion("c", "t", ConversionStatus::pending)});
    end = log->status().synced_seq;
    log->close();
  }
  OPEN_LOG(log, harness);
  EXPECT_EQ(log->identity().uuid, identity.uuid);
  EXPECT_EQ(log->identity().hash_seed, identity.hash_seed);
  EXPECT_EQ(log->status().synced_seq, end);
  EXPECT_EQ(read_from(*log, 1).size(), 4U);
  const auto again = append(
      *log, {{.id = "a"}, {.id = "z"}, import, conversion("d", "t", ConversionStatus::approved)});
  if (!harness.tells_duplicates()) return;
  EXPECT_EQ(again, (std::vector{Disposition::duplicate_id, Disposition::counted,
                                Disposition::duplicate_id, Disposition::transition}));
}

void takes_batches_of_any_size(LogHarness& harness) {
  OPEN_LOG(log, harness);
  EXPECT_TRUE(append_and_wait(*log, std::vector<TestEvent>()));
  std::vector<TestEvent> events;
  const std::string url(60'000, 'x');
  for (int i = 0; i < 60; ++i) events.push_back({.id = std::to_string(i), .url = url});
  auto ack = append_and_wait(*log, events);
  ASSERT_TRUE(ack) << ack.error().message;
  EXPECT_EQ(ack->dispositions.size(), 60U);
  const auto found = read_from(*log, 1);
  EXPECT_EQ(found.size(), 60U);
  for (const ReadEvent& event : found) EXPECT_GT(event.bytes.size(), url.size());
}

void refuses_nonsense(LogHarness& harness) {
  OPEN_LOG(log, harness);
  AppendBatch batch = make_batch({.id = "a"}, log->identity().hash_seed);
  batch.entries[0].length += 1;
  std::promise<Result<AppendAck>> answered;
  log->append(std::move(batch), [&](Result<AppendAck> ack) { answered.set_value(std::move(ack)); });
  auto ack = answered.get_future().get();
  ASSERT_FALSE(ack);
  EXPECT_EQ(ack.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(log->status().synced_seq, 0U);
}

void answers_unavailable_once_closed(LogHarness& harness) {
  OPEN_LOG(log, harness);
  append(*log, {{.id = "a"}});
  log->close();
  log->close();
  auto refused = append_and_wait(*log, {.id = "b"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
}

void never_lets_log_time_go_back(LogHarness& harness) {
  OPEN_LOG(log, harness);
  TimeUs newest = 0;
  for (const TimeUs step : {kHourUs, -2 * kHourUs, kMinuteUs, 3 * kHourUs, -kDayUs}) {
    harness.step_wall_clock(step);
    append(*log, {{.id = std::to_string(step)}});
    const TimeUs time_us = read_from(*log, 1).back().log_time_us;
    EXPECT_GE(time_us, newest);
    newest = time_us;
  }
}

void lets_one_of_many_senders_win(LogHarness& harness) {
  OPEN_LOG(log, harness);
  std::vector<std::thread> senders;
  for (int s = 0; s < 4; ++s) {
    senders.emplace_back([&log, s] {
      for (int b = 0; b < 50; ++b) {
        std::vector<TestEvent> events;
        for (int i = 0; i < 20; ++i) {
          // Senders 0/1 and 2/3 send the same ids.
          events.push_back({.id = fmt::format("{}-{}-{}", s / 2, b, i)});
        }
        append(*log, events);
      }
    });
  }
  for (std::thread& sender : senders) sender.join();
  std::map<std::string, int> counted;
  std::size_t all = 0;
  for (const ReadEvent& event : read_from(*log, 1)) {
    ++all;
    counted[event.id] += event.disposition == Disposition::counted ? 1 : 0;
  }
  EXPECT_EQ(all, 4000U);
  EXPECT_EQ(counted.size(), 2000U);
  for (const auto& [id, times] : counted) EXPECT_EQ(times, 1) << id;
}

void gives_positions_that_only_this_log_takes(LogHarness& harness) {
  OPEN_LOG(log, harness);
  const std::string token = position_token(log->identity(), 17);
  EXPECT_EQ(*parse_position(log->identity(), token), 17U);
  LogIdentity other = log->identity();
  other.uuid[0] = other.uuid[0] == '0' ? '1' : '0';
  EXPECT_EQ(parse_position(other, token).error().code, ErrorCode::conflict);
  for (const char* wrong : {"", "17", "abcdefgh-1", "01234567-", "01234567-x", "01234567:1"}) {
    EXPECT_EQ(parse_position(log->identity(), wrong).error().code, ErrorCode::invalid_argument);
  }
}

#undef OPEN_LOG

constexpr LogContractCase kCases[] = {
    {"ReadsBackEveryEventInOrder", reads_back_every_event_in_order},
    {"KeepsTheOrderOfAUsersEvents", keeps_the_order_of_a_users_events},
    {"StartsReadingInTheMiddle", starts_reading_in_the_middle},
    {"WakesAWaitingReader", wakes_a_waiting_reader},
    {"CountsAnIdOnce", counts_an_id_once},
    {"TellsDuplicatesAtOnce", tells_duplicates_at_once},
    {"KnowsAnIdAcrossEventTypes", knows_an_id_across_event_types},
    {"FollowsATransactionThroughItsStatuses", follows_a_transaction_through_its_statuses},
    {"CountsADecisionOncePerEventType", counts_a_decision_once_per_event_type},
    {"KeepsImportRunsApart", keeps_import_runs_apart},
    {"KnowsEverythingAfterReopening", knows_everything_after_reopening},
    {"TakesBatchesOfAnySize", takes_batches_of_any_size},
    {"RefusesNonsense", refuses_nonsense},
    {"AnswersUnavailableOnceClosed", answers_unavailable_once_closed},
    {"NeverLetsLogTimeGoBack", never_lets_log_time_go_back},
    {"LetsOneOfManySendersWin", lets_one_of_many_senders_win},
    {"GivesPositionsThatOnlyThisLogTakes", gives_positions_that_only_this_log_takes},
};

}  // namespace

std::span<const LogContractCase> log_contract_cases() {
  return kCases;
}

}  // namespace adbacus
