#include "access/remote_keys.hpp"

#include <atomic>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <mutex>
#include <thread>

#include "access/jwt_authenticator.hpp"
#include "access/testing/jwt_signer.hpp"
#include "base/testing/sim_clock.hpp"
#include "base/testing/sim_file_system.hpp"
#include "catalog/testing/fixed_tenants.hpp"
#include "http/server.hpp"
#include "http/testing/test_authority.hpp"

namespace adbacus {
namespace {

constexpr TimeUs kNowUs = 1'790'000'000 * kSecondUs;

FetchTimes times_of_tests() {
  FetchTimes times;
  times.look_interval_ms = 1;
  return times;
}

template <class Condition>
bool comes_true(Condition condition) {
  const TimeUs end_us = system_clock().mono_us() + 20 * kSecondUs;
  while (!condition()) {
    if (system_clock().mono_us() > end_us) return false;
    std::this_thread::yield();
  }
  return true;
}

// An issuer on loopback, with TLS, whose answer to GET /keys a test chooses.
class Issuer {
 public:
  Issuer() {
    http::RouteSpec spec;
    spec.path = "/keys";
    spec.is_open = true;
    router_.add(spec, [this](const http::Request&, http::Responder responder) {
      ++asked_;
      const std::lock_guard lock(mutex_);
      if (answers_) {
        responder.send(answer_);
      } else {
        held_.push_back(std::move(responder));
      }
    });
    const auto own = authority_.issue("IP:127.0.0.1");
    http::ServerOptions options;
    options.port = 0;
    options.tls_certificate_file = own.certificate_file;
    options.tls_key_file = own.key_file;
    auto started = http::Server::start(options, router_, nullptr, system_clock());
    EXPECT_TRUE(started);
    server_ = *std::move(started);
  }
  ~Issuer() {
    {
      const std::lock_guard lock(mutex_);
      held_.clear();
    }
    server_->stop(0);
  }
  std::string origin() const { return fmt::format("https://127.0.0.1:{}", server_->port()); }
  std::string url() const { return origin() + "/keys"; }
  http::ClientOptions client() const {
    auto options = document_client(*http::OutboundRules::make({origin()}), authority_.ca_file());
    options.timeout_s = 2;
    return options;
  }
  void answer(int status, std::string body, std::string location = "") {
    const std::lock_guard lock(mutex_);
    answers_ = true;
    answer_ = {status, "application/json", {}, std::move(body)};
    if (!location.empty()) answer_.headers.emplace_back("Location", location);
  }
  void answer_keys(const std::string& keys) { answer(200, R"({"keys":[)" + keys + "]}"); }
  void stay_silent() {
    const std::lock_guard lock(mutex_);
    answers_ = false;
  }
  int asked() const { return asked_; }
  const http::TestAuthority& authority() const { return authority_; }

 private:
  http::TestAuthority authority_;
  http::Router router_;
  std::atomic<int> asked_{0};
  std::mutex mutex_;
  bool answers_ = true;  // guarded by mutex_, as the next
  http::Response answer_;
  std::vector<http::Responder> held_;
  std::unique_ptr<http::Server> server_;
};

TEST(FetchSchedule, FetchesAgainAfterARestThatGrowsWithFailures) {
  FetchTimes times;
  times.refresh_us = 60 * kSecondUs;
  times.retry_min_us = 5 * kSecondUs;
  FetchSchedule schedule(times);
  EXPECT_TRUE(schedule.is_due(0));
  EXPECT_FALSE(schedule.age_us(0));
  TimeUs now_us = 0;
  for (const TimeUs rest_s : {5, 10, 20, 40, 60, 60}) {
    schedule.end(now_us, false);
    EXPECT_FALSE(schedule.is_due(now_us + rest_s * kSecondUs - 1)) << rest_s;
    now_us += rest_s * kSecondUs;
    EXPECT_TRUE(schedule.is_due(now_us)) << rest_s;
  }
  schedule.end(now_us, true);
  EXPECT_FALSE(schedule.is_due(now_us + 60 * kSecondUs - 1));
  EXPECT_TRUE(schedule.is_due(now_us + 60 * kSecondUs));
  schedule.end(now_us + 60 * kSecondUs, false);
  EXPECT_TRUE(schedule.is_due(now_us + 65 * kSecondUs)) << "the rest is short again";
  EXPECT_EQ(schedule.age_us(now_us + 65 * kSecondUs), 65 * kSecondUs) << "of the good answer";
}

TEST(FetchSchedule, FetchesEarlyAtMostOnceAMinute) {
  FetchSchedule schedule(FetchTimes{});
  schedule.begin();
  schedule.end(0, true);
  int fetched = 0;
  for (TimeUs now_us = 0; now_us < 300 * kSecondUs; now_us += kSecondUs) {
    schedule.ask_early();
    if (!schedule.is_due(now_us)) continue;
    schedule.begin();
    schedule.end(now_us, true);
    ++fetched;
  }
  EXPECT_EQ(fetched, 4);
}

TEST(RemoteKeys, AreFetchedWithEveryAlgorithmOfTheSetButSharedSecrets) {
  Issuer issuer;
  const JwtSigner edwards(JwtAlgorithm::eddsa, "a");
  const JwtSigner rsa(JwtAlgorithm::rs256, "b");
  const JwtSigner secret(JwtAlgorithm::hs256, "c");
  issuer.answer_keys(edwards.jwk() + "," + rsa.jwk() + "," + secret.jwk());
  const auto keys = fetch_keys(issuer.url(), issuer.client());
  ASSERT_TRUE(keys) << keys.error().message;
  ASSERT_EQ(keys->size(), 2U);
  EXPECT_EQ((*keys)[0].id(), "a");
  EXPECT_EQ((*keys)[1].algorithm(), JwtAlgorithm::rs256);
  issuer.answer_keys(secret.jwk());
  EXPECT_FALSE(fetch_keys(issuer.url(), issuer.client())) << "everybody knows such a secret";
}

TEST(RemoteKeys, RefuseWhatIsNoGoodAnswer) {
  Issuer issuer;
  const JwtSigner key(JwtAlgorithm::eddsa, "a");
  const std::string good = R"({"keys":[)" + key.jwk() + "]}";
  issuer.answer(200, good);
  ASSERT_TRUE(fetch_keys(issuer.url(), issuer.client()));
  const auto refused = [&](int status, std::string body, std::string location = "") {
    issuer.answer(status, std::move(body), std::move(location));
    return !fetch_keys(issuer.url(), issuer.client());
  };
  EXPECT_TRUE(refused(500, good));
  EXPECT_TRUE(refused(302, good, "http://169.254.169.254/latest/meta-data/"));
  EXPECT_TRUE(refused(302, good, issuer.origin() + "/keys"));
  EXPECT_TRUE(refused(204, ""));
  EXPECT_TRUE(refused(200, ""));
  EXPECT_TRUE(refused(200, "<html>"));
  EXPECT_TRUE(refused(200, "[]"));
  EXPECT_TRUE(refused(200, R"({"keys":[]})"));
  EXPECT_TRUE(refused(200, good.substr(0, good.size() - 3)));
  EXPECT_TRUE(refused(200, good + std::string(300'000, ' '))) << "too large";
  issuer.stay_silent();
  EXPECT_FALSE(fetch_keys(issuer.url(), issuer.client())) << "too late";
  issuer.answer(200, good);
  auto strict = issuer.client();
  strict.rules = http::OutboundRules();
  EXPECT_EQ(fetch_keys(issuer.url(), strict).error().code, ErrorCode::forbidden);
  auto stranger = issuer.client();
  stranger.ca_file.clear();
  EXPECT_EQ(fetch_keys(issuer.url(), stranger).error().code, ErrorCode::unavailable);
}

class TokensByUrl : public ::testing::Test {
 protected:
  void start() {
    JwtOptions options;
    options.issuer = "https://id.example";
    options.audience = "adbacus";
    options.keys_url = issuer_.url();
    options.keys_url_times = times_of_tests();
    options.client = issuer_.client();
    options.reload_interval_ms = 1;
    auto started = JwtAuthenticator::start(
        fs_, tenants_, clock_, [] { return std::vector<DeniedToken>(); }, options);
    ASSERT_TRUE(started) << started.error().message;
    tokens_ = *std::move(started);
  }
  bool is_known(const JwtSigner& signer) {
    const auto now_s = clock_.wall_us() / kSecondUs;
    const std::string claims =
        fmt::format(R"({{"iss":"https://id.example","aud":"adbacus","iat":{},"exp":{},)"
                    R"("sub":"anna","tenant_id":"1","role":"viewer"}})",
                    now_s, now_s + 300);
    const auto caller = tokens_->authenticate(signer.sign(signer.header(), claims), "");
    return static_cast<bool>(caller);
  }

  Issuer issuer_;
  SimClock clock_{kNowUs};
  SimFileSystem fs_;
  FixedTenants tenants_{{"1"}};
  JwtSigner first_{JwtAlgorithm::eddsa, "first"};
  JwtSigner second_{JwtAlgorithm::es256, "second"};
  std::unique_ptr<JwtAuthenticator> tokens_;
};

TEST_F(TokensByUrl, ARotationIsFollowedByOneEarlyFetch) {
  issuer_.answer_keys(first_.jwk());
  start();
  ASSERT_TRUE(comes_true([&] { return is_known(first_); }));
  issuer_.answer_keys(first_.jwk() + "," + second_.jwk());
  const int asked = issuer_.asked();
  for (int i = 0; i < 1'000; ++i) EXPECT_FALSE(is_known(second_)) << "not within the minute";
  EXPECT_EQ(issuer_.asked(), asked);
  clock_.advance(60 * kSecondUs);
  EXPECT_TRUE(comes_true([&] { return is_known(second_); }));
  EXPECT_TRUE(is_known(first_));
  EXPECT_EQ(issuer_.asked(), asked + 1);
}

TEST_F(TokensByUrl, AnUnknownKeyOfOneWhoInventsThemCausesOneFetchAMinute) {
  issuer_.answer_keys(first_.jwk());
  start();
  ASSERT_TRUE(comes_true([&] { return is_known(first_); }));
  const int asked = issuer_.asked();
  for (int minute = 1; minute <= 3; ++minute) {
    clock_.advance(61 * kSecondUs);
    EXPECT_TRUE(comes_true([&] {
      EXPECT_FALSE(is_known(second_));
      return issuer_.asked() >= asked + minute;
    }));
    for (int i = 0; i < 200; ++i) EXPECT_FALSE(is_known(second_));
    EXPECT_EQ(issuer_.asked(), asked + minute);
  }
}

TEST_F(TokensByUrl, OldKeysGoOnWhileTheIssuerAnswersNonsense) {
  issuer_.answer_keys(first_.jwk());
  start();
  ASSERT_TRUE(comes_true([&] { return is_known(first_); }));
  issuer_.answer(200, "<html>down</html>");
  const int asked = issuer_.asked();
  clock_.advance(601 * kSecondUs);
  ASSERT_TRUE(comes_true([&] { return issuer_.asked() > asked; }));
  EXPECT_TRUE(is_known(first_));
  EXPECT_NE(metrics_text().find("adbacus_jwt_keys_age_seconds 601"), std::string::npos)
      << "since the last good answer";
  issuer_.answer_keys(second_.jwk());
  EXPECT_TRUE(comes_true([&] {
    clock_.advance(kSecondUs);
    return is_known(second_);
  }));
  EXPECT_FALSE(is_known(first_)) << "what the issuer took out is out";
}

TEST_F(TokensByUrl, AServerStartsWithoutItsIssuerAndKnowsTokensOnceItIsBack) {
  issuer_.answer(503, "");
  start();
  ASSERT_TRUE(comes_true([&] { return issuer_.asked() > 0; }));
  EXPECT_FALSE(is_known(first_));
  issuer_.answer_keys(first_.jwk());
  EXPECT_TRUE(comes_true([&] {
    clock_.advance(kSecondUs);
    return is_known(first_);
  }));
}

}  // namespace
}  // namespace adbacus
