// What lets a page read the answer to a public key: on every answer, refusals of the body included.
#include <gtest/gtest.h>
#include <string>

#include "http/content_coding.hpp"
#include "http/server.hpp"
#include "http/testing/echo_server.hpp"
#include "http/testing/raw_connection.hpp"

namespace adbacus::http {
namespace {

std::string post(const std::string& target, const std::string& body, const std::string& fields) {
  return "POST " + target + " HTTP/1.1\r\nHost: a\r\n" + fields +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

const std::string kPage = "Origin: https://a.example\r\n";
const std::string kTarget = "/secured?key=public-key";

TEST(Cors, AnAnswerToAPublicKeyNamesItsOrigin) {
  EchoServer echo;
  RawConnection connection(echo.port());
  ASSERT_TRUE(connection.send(post(kTarget, "body", kPage)));
  const auto answer = connection.read_response();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "body");
  EXPECT_EQ(answer->field("access-control-allow-origin"), "https://a.example");
  EXPECT_EQ(answer->field("access-control-allow-credentials"), "true");
  EXPECT_EQ(answer->field("vary"), "Origin");
}

TEST(Cors, ALateAnswerAndTheNextRequestAreNotMixedUp) {
  EchoServer echo;
  RawConnection connection(echo.port());
  ASSERT_TRUE(connection.send(post(kTarget, "one", kPage) + post("/later", "two", "") +
                              post("/secured", "three", "X-Api-Key: good-key\r\n" + kPage)));
  EXPECT_EQ(connection.read_response()->field("access-control-allow-origin"), "https://a.example");
  EXPECT_EQ(connection.read_response()->field("access-control-allow-origin"), "");
  const auto secret = connection.read_response();
  EXPECT_EQ(secret->status, 200);
  EXPECT_EQ(secret->field("access-control-allow-origin"), "") << "a secret key is for no page";
}

TEST(Cors, APageMayReadWhyItsBodyWasRefused) {
  ServerOptions options;
  options.body_bytes_max = 1'000;
  options.decompressed_bytes_max = 2'000;
  EchoServer echo(options);
  const auto refused = [&](const std::string& body, const std::string& fields) {
    RawConnection connection(echo.port());
    connection.send(post(kTarget, body, kPage + fields));
    auto answer = connection.read_response();
    EXPECT_TRUE(answer);
    EXPECT_EQ(answer->field("access-control-allow-origin"), "https://a.example");
    return *answer;
  };
  const RawResponse sent = refused(std::string(1'001, 'x'), "");
  EXPECT_EQ(sent.status, 413);
  EXPECT_NE(sent.body.find("1000 bytes as sent"), std::string::npos) << sent.body;
  const RawResponse packed = refused(compress(Coding::gzip, std::string(2'001, 'x')).value(),
                                     "Content-Encoding: gzip\r\n");
  EXPECT_EQ(packed.status, 413);
  EXPECT_NE(packed.body.find("2000 bytes decompressed"), std::string::npos) << packed.body;
  EXPECT_EQ(refused("x", "Content-Encoding: br\r\n").status, 415);
  EXPECT_EQ(echo.served(), 0);
}

TEST(Cors, ARefusedPageLearnsNothing) {
  EchoServer echo;
  RawConnection connection(echo.port());
  ASSERT_TRUE(connection.send(post(kTarget, "", "Origin: https://evil.example\r\n")));
  const auto answer = connection.read_response();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 403);
  EXPECT_EQ(answer->field("access-control-allow-origin"), "");
  EXPECT_EQ(answer->body.find("public-key"), std::string::npos);
  // What cannot be read as a request is nobody's, even behind a page's request.
  ASSERT_TRUE(connection.send(post(kTarget, "", kPage) + "junk\n"));
  EXPECT_EQ(connection.read_response()->field("access-control-allow-origin"), "https://a.example");
  const auto junk = connection.read_response();
  EXPECT_EQ(junk->status, 400);
  EXPECT_EQ(junk->field("access-control-allow-origin"), "");
}

TEST(Cors, APreflightIsAnsweredBeforeAnyKey) {
  EchoServer echo;
  RawConnection connection(echo.port());
  ASSERT_TRUE(
      connection.send("OPTIONS /secured HTTP/1.1\r\nHost: a\r\n" + kPage +
                      "Access-Control-Request-Method: POST\r\n"
                      "Access-Control-Request-Headers: authorization,content-type\r\n\r\n" +
                      post("/secured", "body", kPage + "Authorization: Bearer public-key\r\n")));
  const auto preflight = connection.read_response();
  ASSERT_TRUE(preflight);
  EXPECT_EQ(preflight->status, 204);
  EXPECT_EQ(preflight->field("access-control-allow-origin"), "https://a.example");
  EXPECT_EQ(preflight->field("access-control-allow-methods"), "POST");
  EXPECT_EQ(connection.read_response()->body, "body");
}

}  // namespace
}  // namespace adbacus::http
