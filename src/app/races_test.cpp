// T32: a whole node in one process, with what its users do to it at the same time. It is short in
// ordinary builds; under ThreadSanitizer it runs long enough for rare orders to happen.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <functional>
#include <gtest/gtest.h>
#include <mutex>
#include <stdlib.h>
#include <thread>
#include <vector>

#include "app/node.hpp"
#include "app/service.hpp"
#include "catalog/key_administration.hpp"
#include "http/client.hpp"
#include "http/http.hpp"

namespace adbacus {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

#if defined(__SANITIZE_THREAD__)
constexpr bool kUnderTsan = true;
#elif defined(__has_feature)
constexpr bool kUnderTsan = __has_feature(thread_sanitizer);
#else
constexpr bool kUnderTsan = false;
#endif

std::chrono::seconds race_time() {
  if (!kUnderTsan) return std::chrono::seconds(2);
  const char* is_long = std::getenv("ADBACUS_LONG");
  return std::chrono::seconds(is_long != nullptr && std::string_view(is_long) == "1" ? 60 : 20);
}

class Races : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "races_test.XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
    config_.data_dir = root_;
    config_.server.port = 0;
    config_.server.threads = 2;
    config_.log.segment_bytes = 1U << 20U;  // so that segments roll
    config_.log.free_bytes_min = 1;
    config_.store.commit_interval_ms = 50;
    config_.lake.file_rows_max = 1'000;
    config_.lake.file_age_max_s = 1;
    config_.processor.flush_interval_us = 5 * kMillisecondUs;
    config_.access.reload_interval_ms = 10;
    auto node = Node::open(real_file_system(), system_clock(), config_, {});
    ASSERT_TRUE(node) << node.error().message;
    node_ = std::move(*node);
    auto service = Service::start(*node_, config_, system_clock(), [] { return ReloadStatus(); });
    ASSERT_TRUE(service) << service.error().message;
    service_ = std::move(*service);
    ASSERT_TRUE(service_->complete());
    auto text = read_file(real_file_system(), node_->paths().admin_key);
    ASSERT_TRUE(text);
    key_ = text->substr(0, text->find('\n'));
  }
  void TearDown() override {
    service_.reset();
    node_.reset();
    std::filesystem::remove_all(root_);
  }

  std::unique_ptr<http::Client> client() const {
    auto opened = http::Client::open_for_command(
        fmt::format("http://127.0.0.1:{}", service_->port()), "", 60);
    EXPECT_TRUE(opened);
    return std::move(*opened);
  }
  Headers headers() const {
    return {{"Authorization", "Bearer " + key_}, {"Content-Type", "application/json"}};
  }

  // Sends batches with repeats until told to stop; counts what was acknowledged for the first time.
  void send_events(int sender) {
    const auto connection = client();
    std::uint64_t number = 0;
    while (!stop_) {
      std::string body = "[";
      for (int i = 0; i < 20; ++i) {
        body += fmt::format(
            R"({}{{"event_id":"e{}-{}","event_type":"click","user_id":"u{}","campaign_id":"{}"}})",
            i == 0 ? "" : ",", sender, number - (i == 0 && number > 0 ? 1 : 0), number % 50,
            number % 7);
        if (i != 0 || number == 0) ++number;
      }
      const auto answer = connection->call("POST", "/v1/events", headers(), body + "]");
      ASSERT_TRUE(answer) << answer.error().message;
      ASSERT_EQ(answer->status, 202) << answer->body;
    }
    acknowledged_ += number;
  }

  void read_again_and_again(const std::string& target) {
    const auto connection = client();
    while (!stop_) {
      const auto answer = connection->call("GET", target, headers(), "");
      ASSERT_TRUE(answer) << answer.error().message;
      ASSERT_TRUE(answer->status == 200 || answer->status == 503) << answer->body;
      ++reads_;
    }
  }

  // A new key is known at once, a revoked one is refused at once, whatever else is going on.
  void change_keys() {
    const auto connection = client();
    KeyAdministration administration(node_->catalog(), system_clock());
    while (!stop_) {
      KeyRequest request;
      request.tenant_id = kFirstTenant;
      request.name = "races";
      request.scopes = http::scope_read;
      const auto created = administration.create(request);
      ASSERT_TRUE(created) << created.error().message;
      ASSERT_TRUE(service_->reload_keys());
      const Headers with_key = {{"Authorization", "Bearer " + created->text}};
      const std::string target = all_time("");
      const auto known = connection->call("GET", target, with_key, "");
      ASSERT_TRUE(known) << known.error().message;
      ASSERT_EQ(known->status, 200) << known->body;
      ASSERT_TRUE(administration.revoke(created->key.id));
      ASSERT_TRUE(service_->reload_keys());
      const auto refused = connection->call("GET", target, with_key, "");
      ASSERT_TRUE(refused) << refused.error().message;
      ASSERT_EQ(refused->status, 401) << refused->body;
    }
  }

  std::string all_time(const std::string& rest) const {
    const TimeUs now = system_clock().wall_us();
    return fmt::format("/v1/report?metrics=clicks,duplicates&from={}&to={}{}",
                       (now - kDayUs) / kMillisecondUs, (now + kDayUs) / kMillisecondUs, rest);
  }

  std::string root_;
  Config config_;
  std::unique_ptr<Node> node_;
  std::unique_ptr<Service> service_;
  std::string key_;
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> acknowledged_{0};
  std::atomic<std::uint64_t> reads_{0};
  std::mutex mutex_;  // guards returned_
  std::condition_variable ended_;
  int returned_ = 0;
};

TEST_F(Races, LoseNothingBetweenIngestFoldQueriesAndKeyChanges) {
  std::vector<std::function<void()>> users;
  for (int i = 0; i < 2; ++i) users.emplace_back([this, i] { send_events(i); });
  users.emplace_back([this] { read_again_and_again(all_time("&dimensions=campaign_id")); });
  users.emplace_back([this] { read_again_and_again(all_time("&dimensions=hour,browser")); });
  users.emplace_back([this] { read_again_and_again("/readyz"); });
  users.emplace_back([this] { read_again_and_again("/metrics"); });
  users.emplace_back([this] { change_keys(); });
  std::vector<std::thread> threads;
  threads.reserve(users.size());
  for (const auto& user : users) {
    threads.emplace_back([this, &user] {
      user();
      const std::lock_guard lock(mutex_);
      ++returned_;
      ended_.notify_all();
    });
  }
  {  // a user that failed has returned: the race ends early
    std::unique_lock lock(mutex_);
    ended_.wait_for(lock, race_time(), [this] { return returned_ > 0; });
  }
  stop_ = true;
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(node_->catch_up(nullptr));
  const auto answer = client()->call("GET", all_time(""), headers(), "");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200) << answer->body;
  EXPECT_GT(acknowledged_, 0U);
  EXPECT_GT(reads_, 0U);
  EXPECT_NE(answer->body.find(fmt::format("\"clicks\":{}", acknowledged_.load())),
            std::string::npos)
      << acknowledged_ << " were acknowledged: " << answer->body;
}

}  // namespace
}  // namespace adbacus
