#include "http/router.hpp"

#include <gtest/gtest.h>

#include "http/testing/capture.hpp"
#include "http/testing/json_check.hpp"

namespace adbacus::http {
namespace {

class FixedKeys final : public Authenticator {
 public:
  Result<Principal> authenticate(std::string_view credential, std::string_view tenant) override {
    if (credential.empty()) return Error{ErrorCode::unauthorized, "no key"};
    if (credential == "reader") return Principal{"1", "r", scope_read, false};
    if (credential == "advertiser") {
      Principal limited{"1", "a", scope_read, false};
      limited.advertiser_id = "7";
      return limited;
    }
    if (credential == "operator") return Principal{std::string(tenant), "o", scope_admin, true};
    return Error{ErrorCode::unauthorized, "unknown key"};
  }
};

std::string joined(const Request& request, std::string_view name) {
  std::string out(name);
  for (const std::string& arg : request.path_args) out += "," + arg;
  return out + "@" + request.principal.tenant;
}

class RouterTest : public ::testing::Test {
 protected:
  void add(Method method, std::string path, std::uint32_t scope = 0,
           std::vector<ParamSpec> params = {}, bool strict = false) {
    RouteSpec spec;
    spec.method = method;
    spec.path = path;
    spec.scope = scope;
    spec.is_open = scope == 0;
    spec.params = std::move(params);
    spec.unknown_params_refused = strict;
    router_.add(std::move(spec), [path](const Request& request, Responder responder) {
      Response response;
      response.body = joined(request, path);
      responder.send(std::move(response));
    });
  }

  Response call(Method method, std::string_view target) {
    request_.method = method;
    request_.target = target;
    Response response;
    response.status = 0;
    router_.dispatch(request_, Responder(std::make_shared<Capture>(response)), &keys_);
    return response;
  }

  std::string field(const Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
      if (key == name) return value;
    }
    return {};
  }

  Router router_;
  FixedKeys keys_;
  Request request_;
};

TEST_F(RouterTest, FindsPathsWithAndWithoutTrailingSlash) {
  add(Method::get, "/");
  add(Method::get, "/api/report/summary/");
  add(Method::post, "/v1/events");
  EXPECT_EQ(call(Method::get, "/").body, "/@");
  EXPECT_EQ(call(Method::get, "/api/report/summary?x=1").status, 200);
  EXPECT_EQ(call(Method::get, "/api/report/summary/").status, 200);
  EXPECT_EQ(call(Method::post, "/v1/events/").status, 200);
  EXPECT_EQ(call(Method::post, "/v1//events").status, 404);
  EXPECT_EQ(call(Method::post, "/v1/events//").status, 404);
  EXPECT_EQ(call(Method::post, "/V1/events").status, 404);
}

TEST_F(RouterTest, GivesPathArgumentsDecodedAndInOrder) {
  add(Method::get, "/v1/{kind}/{id}");
  EXPECT_EQ(call(Method::get, "/v1/campaigns/a%2Fb%20c").body, "/v1/{kind}/{id},campaigns,a/b c@");
  EXPECT_EQ(call(Method::get, "/v1/campaigns/").status, 404);
  EXPECT_EQ(call(Method::get, "/v1/campaigns%2F1").status, 404);
}

TEST_F(RouterTest, PrefersThePathWithFewerParameters) {
  add(Method::get, "/v1/{kind}/{id}");
  add(Method::get, "/v1/report/{id}");
  add(Method::get, "/v1/report/trend");
  EXPECT_EQ(call(Method::get, "/v1/report/trend").body, "/v1/report/trend@");
  EXPECT_EQ(call(Method::get, "/v1/report/x").body, "/v1/report/{id},x@");
  EXPECT_EQ(call(Method::get, "/v1/y/x").body, "/v1/{kind}/{id},y,x@");
}

TEST_F(RouterTest, EncodedLettersNameTheSamePath) {
  add(Method::get, "/v1/events");
  EXPECT_EQ(call(Method::get, "/v1/%65vents").status, 200);
}

TEST_F(RouterTest, AnswersWrongMethodsWithWhatIsAllowed) {
  add(Method::get, "/a");
  add(Method::del, "/a");
  const Response refused = call(Method::post, "/a");
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(field(refused, "Allow"), "GET, DELETE, HEAD, OPTIONS");
  EXPECT_EQ(call(Method::other, "/a").status, 405);
  EXPECT_EQ(call(Method::head, "/a").status, 200);
  const Response options = call(Method::options, "/a");
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(field(options, "Allow"), "GET, DELETE, HEAD, OPTIONS");
  EXPECT_EQ(call(Method::options, "*").status, 204);
}

TEST_F(RouterTest, ChecksKeysAndScopes) {
  add(Method::get, "/read", scope_read | scope_admin);
  add(Method::get, "/admin", scope_admin);
  EXPECT_EQ(call(Method::get, "/read").status, 401);
  EXPECT_EQ(field(call(Method::get, "/read"), "WWW-Authenticate"), "Bearer");
  request_.headers = {{"Authorization", "Bearer reader"}};
  EXPECT_EQ(call(Method::get, "/read").body, "/read@1");
  const Response lacking = call(Method::get, "/admin");
  EXPECT_EQ(lacking.status, 403);
  EXPECT_NE(lacking.body.find("needs the scope admin."), std::string::npos) << lacking.body;
  request_.headers = {{"X-Api-Key", "operator"}, {"X-Adbacus-Tenant", "7"}};
  EXPECT_EQ(call(Method::get, "/admin").body, "/admin@7");
  request_.headers = {{"authorization", "BEARER  reader"}};
  EXPECT_EQ(call(Method::get, "/read").status, 200);
  request_.headers = {{"Authorization", "Basic reader"}};
  EXPECT_EQ(call(Method::get, "/read").status, 401);
}

TEST_F(RouterTest, RefusesUnknownParametersWhereAsked) {
  add(Method::get, "/strict", 0, {{"from", "query", "string", false, ""}}, true);
  request_.query = {{"from", "1"}};
  EXPECT_EQ(call(Method::get, "/strict").status, 200);
  request_.query.push_back({"form", "1"});
  const Response refused = call(Method::get, "/strict");
  EXPECT_EQ(refused.status, 422);
  EXPECT_NE(refused.body.find(R"("pointer":"?form")"), std::string::npos);
  EXPECT_TRUE(is_well_formed_json(refused.body));
  request_.query.push_back({"form", "2"});
  EXPECT_EQ(call(Method::get, "/strict").body, refused.body) << "told once";
}

TEST_F(RouterTest, RefusesBodiesInOtherCharsets) {
  add(Method::post, "/a");
  for (const char* type :
       {"", "application/json", "application/json; charset=utf-8", "text/plain;charset=UTF-8",
        "application/json; charset=\"utf-8\"", "text/plain; charset=US-ASCII",
        "application/json; profile=\"x\" ; CHARSET=utf8", "application/json;"}) {
    request_.headers = {{"Content-Type", type}};
    EXPECT_EQ(call(Method::post, "/a").status, 200) << type;
  }
  for (const char* type : {"application/json; charset=iso-8859-1",
                           "text/plain;charset=", "application/json; a=b; Charset=\"utf-16\""}) {
    request_.headers = {{"Content-Type", type}};
    const Response refused = call(Method::post, "/a");
    EXPECT_EQ(refused.status, 415) << type;
    EXPECT_NE(refused.body.find("unsupported_charset"), std::string::npos) << refused.body;
    EXPECT_NE(refused.body.find("UTF-8"), std::string::npos) << refused.body;
  }
}

TEST_F(RouterTest, WritesAWellFormedOpenApiDocumentOfEveryRoute) {
  add(Method::get, "/v1/dead-letters/{id}", scope_admin);
  add(Method::del, "/v1/dead-letters/{id}/", scope_admin);
  add(Method::get, "/v1/p.gif", scope_ingest, {{"key", "query", "string", true, "public \"key\""}});
  RouteSpec spec;
  spec.method = Method::post;
  spec.path = "/v1/events";
  spec.is_open = true;
  spec.request_body = R"({"type":"object"})";
  spec.response_body = R"({"type":"object"})";
  spec.success_status = 202;
  spec.tags = {"ingest"};
  router_.add(spec, [](const Request&, Responder) {});
  const std::string json = router_.openapi_json("1.2.3");
  EXPECT_TRUE(is_well_formed_json(json)) << json;
  EXPECT_NE(json.find(R"("openapi":"3.1.0")"), std::string::npos);
  EXPECT_EQ(json.find("/v1/dead-letters/{id}\""), json.rfind("/v1/dead-letters/{id}\""));
  for (const char* part : {R"("get_v1_dead_letters_id")", R"("delete_v1_dead_letters_id")",
                           R"("name":"id","in":"path","required":true)", R"("x-scopes":["admin"])",
                           R"({"queryKey":[]})", R"("202":{"description":"Accepted","content")",
                           R"("tags":["ingest"])", R"("security":[])"}) {
    EXPECT_NE(json.find(part), std::string::npos) << part;
  }
}

TEST_F(RouterTest, RefusalsAreToldWithTheirRouteAndOtherAnswersAreNot) {
  struct Told final : RefusalWatch {
    std::vector<std::string> refusals;
    void refused(const Request& request, std::string_view path, const Response& answer) override {
      refusals.push_back(std::string(path) + " " + answer.code + " " + request.principal.key_id);
    }
  } told;
  router_.set_refusal_watch(told);
  add(Method::post, "/v1/events/{id}", scope_ingest);
  const auto answer = [&](std::string_view target, std::string_view credential) {
    request_.method = Method::post;
    request_.target = target;
    request_.headers = {{"Authorization", credential}};
    request_.principal = {};
    std::size_t route = 0;
    const auto refusal = router_.admit(request_, &keys_, route);
    router_.tell_answer(route, request_, refusal.value_or(Response{}));
  };
  answer("/v1/events/7", "Bearer nobody");
  answer("/v1/events/8", "Bearer reader");
  answer("/nowhere", "Bearer reader");
  router_.tell_answer(Router::kNoRoute, request_, problem(request_, 429, "slow_down", ""));
  EXPECT_EQ(told.refusals,
            (std::vector<std::string>{"/v1/events/{id} unauthorized ",
                                      "/v1/events/{id} missing_scope r", " slow_down "}));
}

TEST_F(RouterTest, CallersWithALimitReachOnlyRoutesThatHeedIt) {
  add(Method::get, "/all", scope_read);
  RouteSpec spec;
  spec.path = "/own";
  spec.scope = scope_read;
  spec.for_limited = true;
  router_.add(std::move(spec), [](const Request& request, Responder responder) {
    responder.send({200, "text/plain", {}, request.principal.advertiser_id});
  });
  request_.headers = {{"Authorization", "Bearer advertiser"}};
  const Response refused = call(Method::get, "/all");
  EXPECT_EQ(refused.status, 403);
  EXPECT_NE(refused.body.find("limited_caller"), std::string::npos);
  EXPECT_EQ(call(Method::get, "/own").body, "7");
  request_.headers = {{"Authorization", "Bearer reader"}};
  EXPECT_EQ(call(Method::get, "/all").status, 200);
}

}  // namespace
}  // namespace adbacus::http
