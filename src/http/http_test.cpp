#include "http/http.hpp"

#include <gtest/gtest.h>

#include "http/testing/json_check.hpp"

namespace adbacus::http {
namespace {

class Count final : public Responder::Sink {
 public:
  explicit Count(std::vector<int>& statuses) : statuses_(statuses) {}
  void send(Response response) override { statuses_.push_back(response.status); }

 private:
  std::vector<int>& statuses_;
};

TEST(Responder, AnswersOnceAndFiveHundredIfForgotten) {
  std::vector<int> statuses;
  {
    Responder first(std::make_shared<Count>(statuses));
    Responder moved = std::move(first);
    Response response;
    response.status = 202;
    moved.send(std::move(response));
  }
  EXPECT_EQ(statuses, std::vector<int>{202});
  { const Responder forgotten(std::make_shared<Count>(statuses)); }
  EXPECT_EQ(statuses, (std::vector<int>{202, 500}));
}

TEST(Problem, NamesCodeInstanceAndRequestWithoutTheQuery) {
  Request request;
  request.target = "/v1/p.gif?key=secret";
  request.request_id = "abc";
  const Response response = problem(request, 422, "bad_field", "a \"quoted\" detail",
                                    {{"/events/0/ts", "bad_time", "x"}});
  EXPECT_EQ(response.status, 422);
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_EQ(
      response.body,
      R"({"type":"urn:adbacus:problem:bad_field","title":"Unprocessable Content","status":422,)"
      R"("detail":"a \"quoted\" detail","instance":"/v1/p.gif","code":"bad_field",)"
      R"("request_id":"abc","errors":[{"pointer":"/events/0/ts","code":"bad_time",)"
      R"("detail":"x"}]})");
}

TEST(Problem, MapsErrorsAndKeepsInternalsInside) {
  const Request request;
  const auto status = [&](ErrorCode code) { return problem(request, Error{code, "why"}).status; };
  EXPECT_EQ(status(ErrorCode::invalid_argument), 422);
  EXPECT_EQ(status(ErrorCode::not_found), 404);
  EXPECT_EQ(status(ErrorCode::unauthorized), 401);
  EXPECT_EQ(status(ErrorCode::forbidden), 403);
  EXPECT_EQ(status(ErrorCode::conflict), 409);
  EXPECT_EQ(status(ErrorCode::storage_full), 503);
  EXPECT_EQ(status(ErrorCode::unavailable), 503);
  for (const ErrorCode code : {ErrorCode::corrupt, ErrorCode::io, ErrorCode::internal}) {
    const Response response = problem(request, Error{code, "/data/log/1 is broken"});
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(response.body.find("/data"), std::string::npos);
    EXPECT_TRUE(is_well_formed_json(response.body));
  }
}

TEST(Problem, TellsWhenToComeBack) {
  const Request request;
  const Response response = problem(request, Error{ErrorCode::storage_full, "full"});
  ASSERT_EQ(response.headers.size(), 1U);
  EXPECT_EQ(response.headers[0].first, "Retry-After");
  EXPECT_GE(std::stoi(response.headers[0].second), 1);
  EXPECT_LE(std::stoi(response.headers[0].second), 30);
}

}  // namespace
}  // namespace adbacus::http
