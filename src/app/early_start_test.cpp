// A node that takes events before its reports are loaded: what callers see meanwhile.
#include <filesystem>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "app/node.hpp"
#include "app/service.hpp"
#include "http/client.hpp"

namespace adbacus {
namespace {

class EarlyStart : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "adbacus_early_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    config_.data_dir = root_;
    config_.server.port = 0;
    config_.server.threads = 1;
    config_.log.segment_bytes = 1U << 20U;
    config_.log.free_bytes_min = 1;
    begin();
  }
  void TearDown() override {
    service_.reset();
    node_.reset();
    std::filesystem::remove_all(root_);
  }

  void begin() {
    auto node = Node::begin(real_file_system(), system_clock(), config_, {});
    ASSERT_TRUE(node) << node.error().message;
    node_ = std::move(*node);
    auto service = Service::start(*node_, config_, system_clock(), [] { return ReloadStatus(); });
    ASSERT_TRUE(service) << service.error().message;
    service_ = std::move(*service);
    auto key = read_file(real_file_system(), node_->paths().admin_key);
    ASSERT_TRUE(key);
    auth_ = {{"Authorization", "Bearer " + key->substr(0, key->find('\n'))}};
    client_ = std::move(*http::Client::open_for_command(
        fmt::format("http://127.0.0.1:{}", service_->port()), "", 60));
  }
  void finish() {
    auto finished = node_->finish();
    ASSERT_TRUE(finished) << finished.error().message;
    ASSERT_TRUE(service_->complete());
  }
  http::ClientResponse get(const std::string& target) {
    auto answer = client_->call("GET", target, auth_, "");
    EXPECT_TRUE(answer) << target;
    return answer ? *answer : http::ClientResponse();
  }
  int post(const std::string& event_id) {
    auto headers = auth_;
    headers.emplace_back("Content-Type", "application/json");
    const std::string body = fmt::format(
        R"({{"event_id":"{}","event_type":"impression","campaign_id":7,"user_id":"u"}})", event_id);
    auto answer = client_->call("POST", "/v1/events", headers, body);
    EXPECT_TRUE(answer);
    return answer ? answer->status : 0;
  }

  std::string root_;
  Config config_;
  std::unique_ptr<Node> node_;
  std::unique_ptr<Service> service_;
  std::vector<std::pair<std::string, std::string>> auth_;
  std::unique_ptr<http::Client> client_;
};

const char* const kSummary = "/v1/report?metrics=impressions&from=2026-01-01&to=2035-01-01";

TEST_F(EarlyStart, TakesEventsBeforeItAnswersReports) {
  EXPECT_EQ(post("before"), 202);
  EXPECT_EQ(get("/healthz").status, 200);
  const auto ready = get("/readyz");
  EXPECT_EQ(ready.status, 503);
  EXPECT_NE(ready.body.find("starting"), std::string::npos);
  for (const char* target : {kSummary, "/api/v1/stats?start_date=2026-01-01&end_date=2026-01-01",
                             "/v1/reconcile", "/v1/dead-letters", "/openapi.json"}) {
    const auto answer = get(target);
    EXPECT_EQ(answer.status, 503) << target;
    EXPECT_NE(answer.body.find("\"starting\""), std::string::npos) << target;
    EXPECT_NE(answer.header("retry-after"), "") << target;
  }

  finish();
  EXPECT_EQ(post("after"), 202);
  EXPECT_EQ(post("before"), 202);  // known from the time before
  EXPECT_EQ(get("/readyz").status, 200);
  ASSERT_TRUE(node_->store()->wait_visible(node_->log().status().synced_seq, 30'000));
  const auto report = get(kSummary);
  EXPECT_EQ(report.status, 200);
  EXPECT_NE(report.body.find("\"impressions\":2"), std::string::npos) << report.body;
  EXPECT_EQ(get("/openapi.json").status, 200);
  EXPECT_EQ(get("/no/such/path").status, 404);
}

// /readyz promises reports: it waits for their routes, not for the node alone.
TEST_F(EarlyStart, IsReadyOnceReportsAreAnswered) {
  auto finished = node_->finish();
  ASSERT_TRUE(finished) << finished.error().message;
  EXPECT_EQ(get(kSummary).status, 503);
  const auto ready = get("/readyz");
  EXPECT_EQ(ready.status, 503);
  EXPECT_NE(ready.body.find("starting"), std::string::npos) << ready.body;

  ASSERT_TRUE(service_->complete());
  EXPECT_EQ(get("/readyz").status, 200);
  EXPECT_EQ(get(kSummary).status, 200);
}

// Taken in by a process that ended before its store was there.
TEST_F(EarlyStart, WhatWasTakenEarlyIsCountedByTheNextStart) {
  EXPECT_EQ(post("a"), 202);
  EXPECT_EQ(post("b"), 202);
  client_.reset();
  service_.reset();
  node_.reset();
  begin();
  EXPECT_EQ(post("b"), 202);
  finish();
  ASSERT_TRUE(node_->store()->wait_visible(node_->log().status().synced_seq, 30'000));
  EXPECT_NE(get(kSummary).body.find("\"impressions\":2"), std::string::npos);
}

}  // namespace
}  // namespace adbacus
