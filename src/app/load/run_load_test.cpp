#include "app/load/run_load.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <sstream>

#include "app/load/report_check.hpp"
#include "app/load/testing/counting_server.hpp"

namespace adbacus {
namespace {

LoadOptions small_load(const CountingServer& server) {
  LoadOptions options;
  options.url = server.url();
  options.key = "adb_test.secret";
  options.batch_events = 50;
  options.connections = 6;
  options.threads = 2;
  options.duration_s = 20;  // the events end it much earlier
  options.events_max = 20'000;
  options.campaigns = 30;
  options.seed = 4711;
  options.timeout_s = 2;
  options.drain_s = 20;
  return options;
}

TEST(RunLoad, SendsExactlyTheEventsAskedForAndVerifiesThem) {
  for (const LoadMode mode : {LoadMode::batch, LoadMode::single}) {
    const CountingServer server;
    LoadOptions options = small_load(server);
    options.mode = mode;
    options.events_max = mode == LoadMode::batch ? 20'030 : 3'001;
    options.verify = true;
    const auto report = run_load(options, nullptr);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_TRUE(report->is_good()) << load_report_text(options, *report);
    EXPECT_TRUE(report->is_verified);
    EXPECT_EQ(report->events, options.events_max);
    EXPECT_EQ(report->accepted, options.events_max);
    EXPECT_EQ(server.ids().size(), options.events_max - report->duplicates);
    EXPECT_GT(report->duplicates, 0U);
    EXPECT_LE(report->p50_us, report->max_us);
    EXPECT_GT(report->cpu_s, 0);
    EXPECT_NE(server.last_head().find("Authorization: Bearer adb_test.secret"), std::string::npos);
  }
}

TEST(RunLoad, SettlesEveryRequestOfAServerThatFailsOften) {
  ServerFaults faults;
  faults.drop_after_taking_every = 41;
  faults.drop_before_taking_every = 37;
  faults.busy_every = 29;
  faults.close_every = 23;
  const CountingServer server(faults);
  LoadOptions options = small_load(server);
  options.verify = true;
  const auto report = run_load(options, nullptr);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_TRUE(report->is_good()) << load_report_text(options, *report);
  EXPECT_EQ(report->events, options.events_max);
  EXPECT_GT(report->errors, 0U);
  EXPECT_GT(report->status_503, 0U);
  EXPECT_GE(report->repeats, report->status_503 + report->errors);
}

TEST(RunLoad, FindsAcknowledgedEventsThatAreNotInTheReport) {
  ServerFaults faults;
  faults.forget_every = 100;
  const CountingServer server(faults);
  LoadOptions options = small_load(server);
  options.verify = true;
  const auto report = run_load(options, nullptr);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_FALSE(report->is_good());
  EXPECT_GT(report->difference_count, 0U);
  ASSERT_FALSE(report->differences.empty());
  EXPECT_NE(report->differences.front().find("campaign "), std::string::npos);
}

TEST(RunLoad, TakesWhatWasThereBeforeOffTheReport) {
  const CountingServer server;
  LoadOptions options = small_load(server);
  options.verify = true;
  for (const std::uint64_t seed : {1U, 2U}) {
    options.seed = seed;
    const auto report = run_load(options, nullptr);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->difference_count, 0U);
  }
}

TEST(RunLoad, FindsNoDifferenceWhenAllItSendsIsRefused) {
  CountingServer server;
  LoadOptions options = small_load(server);
  options.verify = true;
  options.seed = 1;
  ASSERT_TRUE(run_load(options, nullptr));
  server.refuse_everything();
  options.seed = 2;
  const auto report = run_load(options, nullptr);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_TRUE(report->is_verified);
  EXPECT_EQ(report->accepted, 0U);
  EXPECT_EQ(report->difference_count, 0U);
}

TEST(RunLoad, KeepsALedgerThatAgreesWithTheServer) {
  std::string folder = ::testing::TempDir() + "loadXXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  ServerFaults faults;
  faults.reject_first_every = 7;
  faults.refuse_every = 50;
  faults.drop_after_taking_every = 61;
  const CountingServer server(faults);
  LoadOptions options = small_load(server);
  options.ledger_path = folder + "/ledger";
  options.duplicate_share = 0;  // a duplicate of a refused event would be taken
  const auto report = run_load(options, nullptr);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_GT(report->rejected, 0U);
  std::set<std::string> sent;
  std::set<std::string> acknowledged;
  std::map<std::string, std::string> rejected;
  std::ifstream ledger(options.ledger_path);
  for (std::string line; std::getline(ledger, line);) {
    std::istringstream words(line);
    std::string kind, id, code;
    words >> kind >> id >> code;
    if (kind == "S") {
      EXPECT_TRUE(sent.insert(id).second);
    } else {
      EXPECT_TRUE(sent.contains(id));
    }
    if (kind == "A") acknowledged.insert(id);
    if (kind == "R") rejected[id] = code;
  }
  std::filesystem::remove_all(folder);
  EXPECT_EQ(sent.size(), options.events_max);
  EXPECT_EQ(acknowledged.size() + rejected.size(), sent.size());
  EXPECT_EQ(rejected.size(), report->rejected);
  for (const auto& [id, code] : rejected) EXPECT_TRUE(code == "no_good" || code == "422") << code;
  EXPECT_EQ(report->unsettled, 0U);
  // An event that was taken before its connection broke, and refused when it came again, is in
  // neither set for certain; all others are.
  const std::set<std::string> taken = server.ids();
  for (const std::string& id : acknowledged) EXPECT_TRUE(taken.contains(id)) << id;
}

TEST(RunLoad, KeepsItsRate) {
  const CountingServer server;
  LoadOptions options = small_load(server);
  options.mode = LoadMode::single;
  options.events_max = 0;
  options.duration_s = 0.5;
  options.rate_per_s = 2'000;
  const auto report = run_load(options, nullptr);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->events + report->unsent, 1'000U);
  EXPECT_EQ(report->errors, 0U);
}

TEST(RunLoad, CountsLostRequestsOfASilentServer) {
  ServerFaults faults;
  faults.never_answers = true;
  const CountingServer server(faults);
  LoadOptions options = small_load(server);
  options.timeout_s = 0.1;
  options.events_max = 100;
  options.duration_s = 0.2;
  const auto report = run_load(options, nullptr);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->requests, 0U);
  EXPECT_GT(report->errors, 0U);
  EXPECT_FALSE(report->is_good());
}

TEST(RunLoad, SendsTheOtherModes) {
  for (const auto& [mode, start] : std::map<LoadMode, std::string>{
           {LoadMode::pixel, "GET /v1/p.gif?key=adb_test.secret&"},
           {LoadMode::decision, "POST /v1/decision "},
           {LoadMode::report, "GET /api/report/summary/?tenant_id=1&"}}) {
    const CountingServer server;
    LoadOptions options = small_load(server);
    options.mode = mode;
    options.events_max = 500;
    const auto report = run_load(options, nullptr);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->requests, 500U);
    EXPECT_EQ(server.requests(), 500U);
    EXPECT_TRUE(server.last_head().starts_with(start)) << server.last_head();
  }
}

TEST(RunLoad, SaysWhatIsWrongWithItsOptionsAllAtOnce) {
  LoadOptions options;
  options.threads = 0;
  options.campaigns = 0;
  options.mode = LoadMode::pixel;
  options.verify = true;
  const auto report = run_load(options, nullptr);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::invalid_argument);
  for (const char* word : {"threads", "campaigns", "verify"}) {
    EXPECT_NE(report.error().message.find(word), std::string::npos) << word;
  }
  options = LoadOptions();
  for (const char* url : {"", "https://x", "http://", "http://a/b", "http://u@h"}) {
    options.url = url;
    EXPECT_FALSE(run_load(options, nullptr)) << url;
  }
}

TEST(RunLoad, SaysWhenNobodyIsThere) {
  LoadOptions options;
  {
    const CountingServer server;
    options = small_load(server);
  }
  options.duration_s = 0.3;
  options.drain_s = 0.1;
  const auto report = run_load(options, nullptr);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::unavailable);
}

TEST(ReportCheck, RefusesReportsThatAreNotWhatWasAskedFor) {
  EXPECT_FALSE(ReportCheck::parse_rows("{"));
  EXPECT_FALSE(ReportCheck::parse_rows("{}"));
  EXPECT_FALSE(ReportCheck::parse_rows(R"({"rows":[{"campaign_id":"1"}]})"));
  EXPECT_FALSE(ReportCheck::parse_rows(R"({"rows":[],"truncated":true})"));
  const auto rows = ReportCheck::parse_rows(
      R"({"rows":[{"campaign_id":"1","gross_impressions":5,"gross_clicks":4,"gross_conversions":3,)"
      R"("duplicates":2,"revenue_micros":10000},{"campaign_id":null}]})");
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->at("1"), (std::vector<std::int64_t>{5, 4, 3, 2, 10'000}));
}

}  // namespace
}  // namespace adbacus
