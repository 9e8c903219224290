#include "http/client.hpp"

#include <gtest/gtest.h>

#include "http/testing/echo_server.hpp"

namespace adbacus::http {
namespace {

std::string url_of(const EchoServer& echo) {
  return "http://127.0.0.1:" + std::to_string(echo.port());
}

TEST(Client, CallsAgainAndAgainOnOneConnection) {
  EchoServer echo;
  auto client = Client::open_for_command(url_of(echo), "", 20);
  ASSERT_TRUE(client);
  for (int i = 0; i < 20; ++i) {
    const std::string body(static_cast<std::size_t>(i) * 10'000, 'a');
    const auto response = (*client)->call("POST", "/echo?n=1", {{"X-Request-Id", "mine"}}, body);
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, body);
    EXPECT_EQ(response->header("x-request-id"), "mine");
  }
  EXPECT_EQ((*client)->call("HEAD", "/hello", {}, "")->header("Content-Length"), "5");
  EXPECT_EQ((*client)->call("GET", "/hello", {}, "")->body, "hello");
}

TEST(Client, ConnectsAgainAfterTheServerClosedTheConnection) {
  EchoServer echo;
  auto client = Client::open_for_command(url_of(echo), "", 20);
  ASSERT_TRUE(client);
  EXPECT_EQ((*client)->call("GET", "/hello", {{"Connection", "close"}}, "")->status, 200);
  EXPECT_EQ((*client)->call("POST", "/secured", {}, std::string(1'000'000, 'x'))->status, 401);
  EXPECT_EQ((*client)->call("GET", "/hello", {}, "")->status, 200);
}

TEST(Client, ReportsABrokenOrAbsentServerAsUnavailable) {
  std::string url;
  {
    EchoServer echo;
    url = url_of(echo);
  }
  auto client = Client::open_for_command(url, "", 5);
  ASSERT_TRUE(client);
  const auto response = (*client)->call("GET", "/hello", {}, "");
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::unavailable);
}

TEST(Client, RefusesWhatIsNoUrlOfAServer) {
  for (const char* url : {"a:1", "http://", "http://a/b", "http://u@h", "http://a b", "ftp://a"}) {
    EXPECT_FALSE(Client::open_for_command(url, "", 1)) << url;
  }
  EXPECT_TRUE(Client::open_for_command("http://[::1]:80/", "", 1));
}

}  // namespace
}  // namespace adbacus::http
