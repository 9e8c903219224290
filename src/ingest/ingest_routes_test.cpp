// The endpoints from the sender's side: statuses, answers, scopes, back-pressure.
#include "ingest/ingest_routes.hpp"

#include <gtest/gtest.h>
#include <map>

#include "ingest/testing/fake_event_appender.hpp"
#include "model/event_codec.hpp"

namespace adbacus {
namespace {

constexpr TimeUs kNowUs = 1'795'262'400 * kSecondUs;

class FixedClock final : public Clock {
 public:
  TimeUs wall_us() override { return kNowUs; }
  TimeUs mono_us() override { return 5; }
};

class OneTenant final : public TenantLookup {
 public:
  std::shared_ptr<const TenantProfile> find(std::string_view tenant) override {
    if (tenant != "1") return nullptr;
    return std::make_shared<TenantProfile>(TenantProfile{"1", "EUR", {}});
  }
};

class ScriptedAdmission final : public AdmissionControl {
 public:
  Admission admit(std::string_view, std::size_t) override {
    if (next.empty()) return {};
    Admission admission = next.front();
    next.erase(next.begin());
    return admission;
  }
  void delay(std::function<void()> resume) override { waiting = std::move(resume); }
  std::vector<Admission> next;
  std::function<void()> waiting;
};

class KnownCaller final : public http::Authenticator {
 public:
  Result<http::Principal> authenticate(std::string_view, std::string_view) override {
    return principal;
  }
  http::Principal principal{"1", "key", http::scope_ingest, false};
};

class Kept final : public http::Responder::Sink {
 public:
  void send(http::Response response) override {
    answer = std::move(response);
    ++sent;
  }
  http::Response answer;
  int sent = 0;
};

class IngestRoutesTest : public testing::Test {
 protected:
  IngestRoutesTest()
      : routes_(log_, clock_, tenants_, [] { return std::make_shared<const CatalogSnapshot>(); },
                admission_, {}) {
    routes_.add_routes(router_);
  }

  // The request must outlive a delayed answer, so it stays a member.
  std::shared_ptr<Kept> post(const std::string& path, const std::string& body,
                             std::vector<http::QueryParam> query = {}) {
    body_ = body;
    request_.method = http::Method::post;
    request_.method_text = "POST";
    request_.path = path;
    request_.query = std::move(query);
    request_.body = body_;
    request_.request_id = "r-1";
    auto kept = std::make_shared<Kept>();
    router_.dispatch(request_, http::Responder(kept), &caller_);
    return kept;
  }
  int status(const std::string& path, const std::string& body,
             std::vector<http::QueryParam> query = {}) {
    return post(path, body, std::move(query))->answer.status;
  }
  static bool contains(const http::Response& response, const std::string& text) {
    return response.body.find(text) != std::string::npos;
  }

  FakeEventAppender log_;
  FixedClock clock_;
  OneTenant tenants_;
  ScriptedAdmission admission_;
  KnownCaller caller_;
  http::Router router_;
  IngestRoutes routes_;
  http::Request request_;
  std::string body_;
};

const std::string kClick = R"({"event_id":"e1","event_type":"click"})";

TEST_F(IngestRoutesTest, AnswersASingleEventWithItsIdAndPosition) {
  const auto kept = post("/v1/events", kClick);
  EXPECT_EQ(kept->answer.status, 202);
  EXPECT_EQ(kept->answer.body,
            R"({"status":"queued","accepted":1,"duplicates":0,"position":"00112233-1",)"
            R"("event_id":"e1","rejected":[],"warnings":[],"request_id":"r-1"})");
  const auto again = post("/v1/events", kClick);
  EXPECT_EQ(again->answer.status, 202);
  EXPECT_TRUE(contains(again->answer, R"("accepted":1,"duplicates":1)"));
}

TEST_F(IngestRoutesTest, ListsTheRefusedOfABatchAndKeepsTheRest) {
  const auto kept = post("/v1/events", "[" + kClick + R"(,{"event_type":"click","value":[]}])");
  EXPECT_EQ(kept->answer.status, 202);
  EXPECT_TRUE(contains(kept->answer, R"("accepted":1)"));
  EXPECT_TRUE(contains(kept->answer, R"("rejected":[{"index":1,"code":"invalid_type",)"
                                     R"("pointer":"/1/value","detail":"must be a number"}],)"
                                     R"("rejected_total":1)"));
  ASSERT_EQ(log_.batches().size(), 1U);
  EXPECT_EQ(log_.batches()[0].entries.size(), 1U);
}

TEST_F(IngestRoutesTest, AnswersAProblemWhenNoEventIsGood) {
  const auto kept = post("/v1/events", R"({"event_type":"bogus"})");
  EXPECT_EQ(kept->answer.status, 422);
  EXPECT_EQ(kept->answer.content_type, "application/problem+json");
  EXPECT_TRUE(contains(kept->answer, R"("code":"unknown_event_type")"));
  EXPECT_TRUE(contains(kept->answer, R"("pointer":"/event_type")"));
  const auto two = post("/v1/events", R"([{"event_type":"bogus"},{}])");
  EXPECT_EQ(two->answer.status, 422);
  EXPECT_TRUE(contains(two->answer, R"("code":"invalid_events")"));
  EXPECT_TRUE(contains(two->answer, R"("pointer":"/1/event_type")"));
  EXPECT_EQ(status("/v1/events", "[]"), 422);
  EXPECT_EQ(status("/v1/events", "{nope"), 400);
  EXPECT_TRUE(log_.batches().empty());
}

TEST_F(IngestRoutesTest, TakesAllOrNothingInStrictMode) {
  request_.headers = {{"X-Strict-Mode", "1"}};
  EXPECT_EQ(status("/v1/events", "[" + kClick + ",{}]"), 422);
  EXPECT_TRUE(log_.batches().empty());
  EXPECT_EQ(status("/v1/events", "[" + kClick + "]"), 202);
}

TEST_F(IngestRoutesTest, WritesNothingInADryRun) {
  const auto kept = post("/v1/events", "[" + kClick + ",{}]", {{"dry_run", "true"}});
  EXPECT_EQ(kept->answer.status, 200);
  EXPECT_TRUE(contains(kept->answer, R"("status":"valid","accepted":1)"));
  EXPECT_FALSE(contains(kept->answer, "position"));
  EXPECT_TRUE(log_.batches().empty());
}

TEST_F(IngestRoutesTest, RefusesAFlagItDoesNotUnderstandAndStoresNothing) {
  for (const std::string name : {"dry_run", "historical"}) {
    for (const std::string value : {"", "True", "TRUE", "yes", "on", "2", "true ", "01"}) {
      const auto kept = post("/v1/events", kClick, {{name, value}});
      EXPECT_EQ(kept->answer.status, 422) << name << "=" << value;
      EXPECT_TRUE(contains(kept->answer, R"("code":"invalid_parameter")")) << kept->answer.body;
      EXPECT_TRUE(contains(kept->answer, R"("pointer":"?)" + name + '"')) << kept->answer.body;
    }
  }
  EXPECT_EQ(status("/click", kClick, {{"dry_run", "true"}, {"dry_run", "false"}}), 422);
  EXPECT_EQ(status("/v1/events", kClick, {{"import", "a"}, {"import", "b"}}), 422);
  EXPECT_TRUE(log_.batches().empty());
  EXPECT_EQ(status("/v1/events", kClick, {{"dry_run", "1"}}), 200);
  EXPECT_TRUE(log_.batches().empty());
  EXPECT_EQ(status("/v1/events", kClick, {{"dry_run", "0"}, {"historical", "false"}}), 202);
  const auto both = post("/v1/events", kClick, {{"import", "a"}, {"historical", "true"}});
  EXPECT_EQ(both->answer.status, 422);
  EXPECT_TRUE(contains(both->answer, R"("pointer":"?import")"));
  EXPECT_TRUE(contains(both->answer, R"("pointer":"?historical")"));
}

TEST_F(IngestRoutesTest, RefusesParametersItDoesNotHave) {
  for (const std::string path : {"/v1/events", "/api/events", "/api/v1/events", "/click"}) {
    const auto kept = post(path, kClick, {{"dryrun", "true"}, {"Dry_Run", "1"}});
    EXPECT_EQ(kept->answer.status, 422) << path;
    EXPECT_TRUE(contains(kept->answer, R"("code":"unknown_parameter")")) << kept->answer.body;
    EXPECT_TRUE(contains(kept->answer, R"("pointer":"?dryrun")"));
    EXPECT_TRUE(contains(kept->answer, R"("pointer":"?Dry_Run")"));
  }
  EXPECT_TRUE(log_.batches().empty());
  EXPECT_EQ(status("/v1/events", kClick, {{"key", "abc"}}), 401) << "known, but not for secrets";
}

TEST_F(IngestRoutesTest, NamesTheLimitOfABody) {
  const auto kept = post("/v1/events", std::string(10'000'001, ' '));
  EXPECT_EQ(kept->answer.status, 413);
  EXPECT_TRUE(contains(kept->answer, "10000000 bytes")) << kept->answer.body;
}

TEST_F(IngestRoutesTest, NeedsTheScopeImportForAnImport) {
  EXPECT_TRUE(contains(post("/v1/events", kClick, {{"import", "spring"}})->answer,
                       R"("code":"missing_scope")"));
  EXPECT_EQ(status("/v1/events", kClick, {{"import", "spring"}}), 403);
  EXPECT_EQ(status("/v1/events", kClick, {{"historical", "true"}}), 403);
  caller_.principal.scopes = http::scope_import;
  EXPECT_EQ(status("/v1/events", kClick), 403);
  EXPECT_EQ(status("/v1/events", kClick, {{"import", "../x"}}), 422);
  EXPECT_EQ(status("/v1/events", kClick, {{"historical", "true"}}), 202);
  ASSERT_EQ(log_.batches().size(), 1U);
  Arena arena;
  EXPECT_EQ(decode_event(log_.batches()[0].bytes, arena)->import_run, "default");
}

TEST_F(IngestRoutesTest, KeepsTenantsApart) {
  EXPECT_EQ(status("/v1/events", kClick, {{"tenant_id", "2"}}), 403);
  EXPECT_EQ(status("/v1/events", kClick, {{"tenant_id", "1"}}), 202);
  EXPECT_EQ(status("/v1/events", R"({"event_type":"click","tenant_id":2})"), 422);
  caller_.principal.tenant = "9";
  EXPECT_EQ(status("/v1/events", kClick), 403);
  caller_.principal.tenant = "";
  EXPECT_EQ(status("/v1/events", kClick), 422);
}

TEST_F(IngestRoutesTest, ServesTheCompatibilityEndpoints) {
  EXPECT_EQ(status("/api/events/", kClick), 202);
  EXPECT_EQ(status("/api/v1/events", kClick), 202);
  EXPECT_EQ(status("/click", R"({"event_id":"e2"})"), 202);
  EXPECT_EQ(status("/conversion", R"({"event_id":"e3","value":19.99})"), 202);
  EXPECT_EQ(status("/conversion", kClick), 422);
  Arena arena;
  const auto event = decode_event(log_.batches().back().bytes, arena);
  EXPECT_EQ(event->type, EventType::conversion);
  EXPECT_EQ(event->currency, "EUR");
}

TEST_F(IngestRoutesTest, ChecksTheMediaType) {
  const std::map<std::string, int> statuses = {
      {"application/json", 202},         {"Application/JSON; charset=utf-8", 202},
      {"text/plain;charset=UTF-8", 202}, {"application/x-ndjson", 202},
      {"application/xml", 415},          {"application/x-www-form-urlencoded", 202}};
  for (const auto& [type, expected] : statuses) {
    request_.headers = {{"Content-Type", type}};
    EXPECT_EQ(status("/v1/events", kClick), expected) << type;
  }
}

TEST_F(IngestRoutesTest, TakesADifferentSpellingOfStrictModeForNoMistake) {
  const std::string half_good = "[" + kClick + ",{}]";
  for (const char* strict : {"1", "true"}) {
    request_.headers = {{"X-Strict-Mode", strict}};
    EXPECT_EQ(status("/v1/events", half_good), 422) << strict;
  }
  request_.headers = {{"X-Strict-Mode", "yes"}};
  const auto unclear = post("/v1/events", half_good);
  EXPECT_EQ(unclear->answer.status, 422);
  EXPECT_TRUE(contains(unclear->answer, R"("code":"invalid_parameter")"));
  EXPECT_TRUE(log_.batches().empty());
  for (const char* loose : {"0", "false"}) {
    request_.headers = {{"X-Strict-Mode", loose}};
    EXPECT_EQ(status("/v1/events", half_good), 202) << loose;
  }
}

TEST_F(IngestRoutesTest, KnowsThePagesDeviceByItsConnection) {
  caller_.principal.is_public = true;
  caller_.principal.origins = std::make_shared<const std::vector<std::string>>(
      std::vector<std::string>{"https://a.example"});
  request_.remote_ip = "203.0.113.9";
  request_.headers = {{"Origin", "https://a.example"},
                      {"Content-Type", "text/plain;charset=UTF-8"},
                      {"User-Agent", "browser"},
                      {"X-Device-IP", "198.51.100.7"},
                      {"X-Device-User-Agent", "forged"}};
  EXPECT_EQ(status("/v1/events", kClick, {{"key", "a-public-key"}}), 202);
  Arena arena;
  const auto event = decode_event(log_.batches().back().bytes, arena);
  EXPECT_EQ(event->ip_prefix, "203.0.113.0/24");
  EXPECT_EQ(event->user_agent, "browser");
  EXPECT_EQ(status("/v1/events", kClick, {{"key", "a-public-key"}, {"import", "x"}}), 403);
}

TEST_F(IngestRoutesTest, StoresNoUserAgentThatIsNotText) {
  request_.headers = {{"X-Device-User-Agent", "bad \xff byte"}};
  const auto kept = post("/v1/events", kClick);
  EXPECT_EQ(kept->answer.status, 202);
  EXPECT_TRUE(contains(kept->answer, R"("code":"device_ignored","count":1,"first_index":0)"));
  Arena arena;
  EXPECT_EQ(decode_event(log_.batches().back().bytes, arena)->user_agent, "");
}

TEST_F(IngestRoutesTest, TellsWhenARetryMayHelp) {
  const auto retry_after = [](const http::Response& response) {
    std::string text;
    for (const auto& [name, value] : response.headers)
      if (name == "Retry-After") text += value;
    return text;
  };
  log_.fail_with(Error{ErrorCode::storage_full, "no space"});
  const auto full = post("/v1/events", kClick);
  EXPECT_EQ(full->answer.status, 503);
  EXPECT_TRUE(contains(full->answer, R"("code":"storage_full")"));
  EXPECT_NE(retry_after(full->answer), "");
  log_.fail_with(Error{ErrorCode::unavailable, "queue full"});
  const auto busy = post("/v1/events", kClick);
  EXPECT_EQ(busy->answer.status, 503);
  EXPECT_NE(retry_after(busy->answer), "");
  log_.fail_with(Error{ErrorCode::io, "sync failed"});
  EXPECT_EQ(status("/v1/events", kClick), 503);
  log_.fail_with(std::nullopt);
  Admission quota;
  quota.verdict = Admission::Verdict::refuse;
  quota.status = 429;
  quota.code = "rate_limited";
  quota.retry_after_s = 7;
  admission_.next = {quota};
  const auto limited = post("/v1/events", kClick);
  EXPECT_EQ(limited->answer.status, 429);
  EXPECT_EQ(retry_after(limited->answer), "7");
  EXPECT_TRUE(log_.batches().empty());
}

TEST_F(IngestRoutesTest, WaitsWhenAdmissionSaysSo) {
  Admission wait;
  wait.verdict = Admission::Verdict::delay;
  admission_.next = {wait, wait};
  const auto kept = post("/v1/events", kClick);
  EXPECT_EQ(kept->sent, 0);
  auto resume = std::exchange(admission_.waiting, nullptr);
  resume();  // still too busy
  EXPECT_EQ(kept->sent, 0);
  resume = std::exchange(admission_.waiting, nullptr);
  resume();
  EXPECT_EQ(kept->sent, 1);
  EXPECT_EQ(kept->answer.status, 202);
}

}  // namespace
}  // namespace adbacus
