// One credential a request, public keys only from their pages, secret keys never in a URL.
#include "http/caller.hpp"

#include <gtest/gtest.h>

#include "http/router.hpp"
#include "http/session_cookie.hpp"
#include "http/testing/capture.hpp"

namespace adbacus::http {
namespace {

class TwoKeys final : public Authenticator {
 public:
  Result<Principal> authenticate(std::string_view credential, std::string_view) override {
    Principal principal{"1", std::string(credential), scope_ingest, false};
    if (credential == "secret") return principal;
    if (credential == "\x01signed-in") {
      principal.origins = std::make_shared<const std::vector<std::string>>(
          std::vector<std::string>{"https://proxy.example"});
      return principal;
    }
    if (credential != "public") return Error{ErrorCode::unauthorized, "unknown API key"};
    principal.is_public = true;
    principal.origins = std::make_shared<const std::vector<std::string>>(
        std::vector<std::string>{"https://a.example", "http://b.example:8080"});
    return principal;
  }
};

using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

class CallerTest : public ::testing::Test {
 protected:
  CallerTest() {
    RouteSpec spec;
    spec.method = Method::post;
    spec.path = "/events";
    spec.scope = scope_ingest;
    spec.params = {{"key", "query", "string", false, ""}};
    spec.for_browsers = true;
    router_.add(spec, [](const Request&, Responder responder) { responder.send({}); });
    spec.method = Method::get;
    spec.path = "/report";
    spec.params.clear();
    spec.for_browsers = false;
    router_.add(spec, [](const Request&, Responder responder) { responder.send({}); });
  }

  Response call(Method method, std::string path, Fields headers, std::vector<QueryParam> query) {
    request_ = Request();
    request_.method = method;
    request_.path = std::move(path);
    request_.headers = std::move(headers);
    request_.query = std::move(query);
    Response response;
    response.status = 0;
    router_.dispatch(request_, Responder(std::make_shared<Capture>(response)), &keys_);
    return response;
  }
  // "200", or status and code of the refusal.
  std::string post(Fields headers, std::vector<QueryParam> query = {}) {
    return outcome(call(Method::post, "/events", std::move(headers), std::move(query)));
  }
  static std::string outcome(const Response& response) {
    constexpr std::string_view kCode = "\"code\":\"";
    const std::size_t at = response.body.find(kCode);
    std::string text = std::to_string(response.status);
    if (at == std::string::npos) return text;
    const std::size_t begin = at + kCode.size();
    return text + " " + response.body.substr(begin, response.body.find('"', begin) - begin);
  }
  static std::string field(const Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
      if (key == name) return value;
    }
    return {};
  }

  Router router_;
  TwoKeys keys_;
  Request request_;
};

TEST_F(CallerTest, ASecretKeyStandsInAHeaderOnly) {
  EXPECT_EQ(post({{"Authorization", "Bearer secret"}}), "200");
  EXPECT_EQ(post({{"X-Api-Key", "secret"}}), "200");
  EXPECT_EQ(post({{"X-Api-Key", "secret"}, {"Origin", "https://anywhere.example"}}), "200");
  EXPECT_EQ(post({}, {{"key", "secret"}}), "401 secret_key_in_query");
  EXPECT_EQ(post({{"Origin", "https://a.example"}}, {{"key", "secret"}}),
            "401 secret_key_in_query");
  EXPECT_EQ(post({{"X-Api-Key", "secret"}}, {{"key", "secret"}}), "401 secret_key_in_query");
  EXPECT_EQ(post({}), "401 unauthorized");
  EXPECT_EQ(post({}, {{"key", "other"}}), "401 unauthorized");
}

TEST_F(CallerTest, APublicKeyWorksOnItsPagesOnly) {
  const Fields page{{"Origin", "https://a.example"}};
  EXPECT_EQ(post(page, {{"key", "public"}}), "200");
  EXPECT_EQ(request_.principal.origin, "https://a.example");
  EXPECT_EQ(post({{"Authorization", "Bearer public"}, {"Origin", "http://b.example:8080"}}), "200");
  EXPECT_EQ(post({}, {{"key", "public"}}), "403 origin_required");
  EXPECT_EQ(post({{"Authorization", "Bearer public"}}), "403 origin_required");
  for (const std::string_view origin :
       {"null", "https://a.example.evil.example", "https://a.example/", "http://a.example",
        "https://a.example:443", "https://A.example", "http://b.example",
        "https://sub.a.example"}) {
    EXPECT_EQ(post({{"Origin", origin}}, {{"key", "public"}}), "403 origin_not_allowed") << origin;
    EXPECT_EQ(request_.principal.origin, "");
  }
}

TEST_F(CallerTest, MoreThanOneCredentialIsRefused) {
  const std::string refused = "400 ambiguous_credential";
  EXPECT_EQ(post({{"Authorization", "Bearer secret"}, {"Authorization", "Bearer other"}}), refused);
  EXPECT_EQ(post({{"Authorization", "Bearer secret"}, {"authorization", "Bearer secret"}}),
            refused);
  EXPECT_EQ(post({{"Authorization", "Basic x"}, {"Authorization", "Bearer secret"}}), refused);
  EXPECT_EQ(post({{"X-Api-Key", "secret"}, {"X-API-KEY", "secret"}}), refused);
  EXPECT_EQ(post({{"Authorization", "Bearer secret"}, {"X-Api-Key", "other"}}), refused);
  EXPECT_EQ(post({{"Authorization", "Bearer secret"}}, {{"key", "public"}}), refused);
  EXPECT_EQ(post({{"X-Api-Key", "secret"}}, {{"key", "public"}}), refused);
  EXPECT_EQ(post({{"Origin", "https://a.example"}}, {{"key", "public"}, {"key", "public"}}),
            refused);
  EXPECT_EQ(post({{"Origin", "https://a.example"}, {"Origin", "https://evil.example"}},
                 {{"key", "public"}}),
            refused);
  EXPECT_EQ(post({{"X-Api-Key", "secret"}, {"X-Adbacus-Tenant", "1"}, {"X-Adbacus-Tenant", "2"}}),
            refused);
  EXPECT_EQ(post({{"Authorization", "Bearer secret"}, {"X-Api-Key", "secret"}}), "200");
  EXPECT_EQ(post({{"Authorization", "Basic of-a-proxy"}, {"X-Api-Key", "secret"}}), "200");
}

TEST_F(CallerTest, OtherRoutesTakeNoKeyInTheQuery) {
  EXPECT_EQ(outcome(call(Method::get, "/report", {}, {{"key", "secret"}})), "401 key_in_query");
  EXPECT_EQ(outcome(call(Method::get, "/report", {{"X-Api-Key", "secret"}}, {{"key", "x"}})),
            "200");
}

TEST_F(CallerTest, NoRefusalRepeatsTheKey) {
  for (const Fields& headers : {Fields{}, Fields{{"Origin", "https://evil.example"}},
                                Fields{{"X-Api-Key", "another-one"}}}) {
    for (const char* key : {"secret", "public", "someone-elses"}) {
      const Response response = call(Method::post, "/events", headers, {{"key", key}});
      EXPECT_EQ(response.body.find('"' + std::string(key) + '"'), std::string::npos)
          << response.body;
      EXPECT_EQ(response.body.find("someone-elses"), std::string::npos);
      EXPECT_EQ(response.body.find("another-one"), std::string::npos);
    }
  }
}

TEST_F(CallerTest, AnswersPreflightsOfPages) {
  const Fields asks{{"Origin", "https://a.example"}, {"Access-Control-Request-Method", "POST"}};
  const Response answer = call(Method::options, "/events", asks, {});
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(field(answer, "Access-Control-Allow-Origin"), "https://a.example");
  EXPECT_EQ(field(answer, "Access-Control-Allow-Credentials"), "true");
  EXPECT_EQ(field(answer, "Access-Control-Allow-Methods"), "POST");
  EXPECT_NE(field(answer, "Access-Control-Allow-Headers").find("Content-Type"), std::string::npos);
  EXPECT_NE(field(answer, "Access-Control-Allow-Headers").find("Authorization"), std::string::npos);
  EXPECT_EQ(field(answer, "Access-Control-Max-Age"), "7200");
  EXPECT_EQ(field(answer, "Vary"), "Origin");
  EXPECT_EQ(field(answer, "Allow"), "POST, OPTIONS");
  EXPECT_EQ(call(Method::options, "/events", asks, {{"key", "public"}}).status, 204);
}

TEST_F(CallerTest, APreflightWithAKeyIsCheckedAtOnce) {
  const auto asks = [](std::string_view origin) {
    return Fields{{"Origin", origin}, {"Access-Control-Request-Method", "POST"}};
  };
  for (const auto& [origin, key, refusal] :
       {std::tuple("https://evil.example", "public", "403 origin_not_allowed"),
        std::tuple("https://a.example", "secret", "401 secret_key_in_query"),
        std::tuple("https://a.example", "other", "401 unauthorized")}) {
    const Response answer = call(Method::options, "/events", asks(origin), {{"key", key}});
    EXPECT_EQ(outcome(answer), refusal);
    EXPECT_EQ(field(answer, "Access-Control-Allow-Origin"), "");
  }
}

TEST_F(CallerTest, OnlyPreflightsOfRoutesForPagesAreOpened) {
  const Response plain = call(Method::options, "/events", {{"Origin", "https://a.example"}}, {});
  EXPECT_EQ(plain.status, 204);
  EXPECT_EQ(field(plain, "Access-Control-Allow-Origin"), "");
  const Response closed =
      call(Method::options, "/report",
           {{"Origin", "https://a.example"}, {"Access-Control-Request-Method", "GET"}}, {});
  EXPECT_EQ(closed.status, 204);
  EXPECT_EQ(field(closed, "Access-Control-Allow-Origin"), "");
  EXPECT_EQ(field(closed, "Access-Control-Allow-Methods"), "");
}

TEST_F(CallerTest, ASessionChangesThingsOnlyFromItsOwnPagesAndWithItsToken) {
  const std::string token = csrf_token_of("signed-in");
  const auto post_as = [&](Fields more) {
    more.emplace_back("Host", "ads.example:8443");
    more.emplace_back("Cookie", "a=b; adbacus_session=signed-in");
    return post(std::move(more));
  };
  EXPECT_EQ(post_as({{"Origin", "https://ads.example:8443"}, {"X-Csrf-Token", token}}), "200");
  EXPECT_EQ(request_.principal.origin, "") << "no page of another origin reads the answer";
  EXPECT_EQ(post_as({{"Origin", "https://proxy.example"}, {"X-Csrf-Token", token}}), "200");
  EXPECT_EQ(post_as({{"X-Csrf-Token", token}}), "403 origin_required");
  for (const std::string_view origin :
       {"null", "https://evil.example", "https://ads.example", "https://ads.example:8443/",
        "https://evil.example/ads.example:8443", "https://proxy.example.evil.example"}) {
    EXPECT_EQ(post_as({{"Origin", origin}, {"X-Csrf-Token", token}}), "403 origin_not_allowed")
        << origin;
  }
  const std::string other = csrf_token_of("other");
  for (const std::string_view wrong : {std::string_view(""), std::string_view("x"),
                                       std::string_view(other), std::string_view("signed-in")}) {
    EXPECT_EQ(post_as({{"Origin", "https://ads.example:8443"}, {"X-Csrf-Token", wrong}}),
              "403 csrf_token_wrong");
  }
  EXPECT_EQ(post_as({{"Origin", "https://ads.example:8443"}}), "403 csrf_token_wrong");
}

TEST_F(CallerTest, ASessionIsACookieAndNothingElse) {
  EXPECT_EQ(outcome(call(Method::get, "/report", {{"Cookie", "adbacus_session=signed-in"}}, {})),
            "200");
  EXPECT_EQ(outcome(call(Method::get, "/report", {{"Cookie", "adbacus_session=other"}}, {})),
            "401 unauthorized");
  EXPECT_EQ(outcome(call(Method::get, "/report",
                         {{"Cookie", "adbacus_session=signed-in"}, {"X-Api-Key", "secret"}}, {})),
            "200")
      << "a key goes before";
  EXPECT_EQ(request_.principal.key_id, "secret");
  EXPECT_EQ(
      outcome(call(Method::get, "/report",
                   {{"Cookie", "adbacus_session=signed-in"}, {"Cookie", "adbacus_session=other"}},
                   {})),
      "400 ambiguous_credential");
  EXPECT_EQ(post({}, {{"key", "\x01signed-in"}}), "401 secret_key_in_query");
}

}  // namespace
}  // namespace adbacus::http
