// RELIABILITY 5: sizes, slow clients, numbers of connections, and how the server ends.
#include <chrono>
#include <future>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <vector>

#include "http/content_coding.hpp"
#include "http/server.hpp"
#include "http/testing/echo_server.hpp"
#include "http/testing/raw_connection.hpp"

namespace adbacus::http {
namespace {

std::string post_head(const std::string& path, std::size_t length, const std::string& fields = {}) {
  return "POST " + path + " HTTP/1.1\r\nHost: a\r\n" + fields +
         "Content-Length: " + std::to_string(length) + "\r\n\r\n";
}

constexpr std::string_view kGetHello = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";

// Runs `wait` while time goes on. The server may set a deadline only after the clock has moved, so
// one step is never enough.
template <class Wait>
auto while_time_passes(EchoServer& echo, int step_s, Wait wait) {
  auto result = std::async(std::launch::async, wait);
  while (result.wait_for(std::chrono::milliseconds(50)) != std::future_status::ready) {
    echo.clock().advance_s(step_s);
  }
  return result.get();
}

TEST(Limits, LargeHeadersAre431) {
  EchoServer echo;
  RawConnection connection(echo.port());
  connection.send("GET /hello HTTP/1.1\r\nHost: a\r\nX: " + std::string(17'000, 'x') + "\r\n\r\n");
  EXPECT_EQ(connection.read_response()->status, 431);
  EXPECT_TRUE(connection.is_closed());
}

TEST(Limits, LargeBodiesAre413DeclaredOrStreamed) {
  EchoServer echo;
  RawConnection declared(echo.port());
  declared.send(post_head("/echo", 5'242'881));
  EXPECT_EQ(declared.read_response()->status, 413);
  RawConnection streamed(echo.port());
  streamed.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n500001\r\n" +
                std::string(5'242'881, 'x'));
  EXPECT_EQ(streamed.read_response()->status, 413);
  EXPECT_EQ(echo.served(), 0);
}

TEST(Limits, UnknownEncodingsAre415AndBombs413AndDamage400) {
  EchoServer echo;
  const auto status = [&](const std::string& encoding, const std::string& body) {
    RawConnection connection(echo.port());
    connection.send(post_head("/echo", body.size(), "Content-Encoding: " + encoding + "\r\n") +
                    body);
    const auto response = connection.read_response();
    return response ? response->status : -1;
  };
  EXPECT_EQ(status("br", "x"), 415);
  EXPECT_EQ(status("gzip, zstd", "x"), 415);
  EXPECT_EQ(status("gzip", compress(Coding::gzip, std::string(20'000'000, 'a')).value()), 413);
  EXPECT_EQ(status("zstd", compress(Coding::zstd, std::string(20'000'000, 'a')).value()), 413);
  EXPECT_EQ(status("gzip", "this is not gzip"), 400);
  EXPECT_EQ(echo.served(), 0);
}

TEST(Limits, ASenderBusyWithItsBodyStillSeesTheRefusal) {
  EchoServer echo;
  RawConnection connection(echo.port());
  const std::size_t size = 20U << 20U;
  ASSERT_TRUE(connection.send(post_head("/secured", size)));
  EXPECT_TRUE(connection.send(std::string(size, 'x'))) << "the body is read and dropped";
  const auto response = connection.read_response();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 401);
  EXPECT_EQ(response->field("connection"), "close");
}

TEST(Limits, DrainingHasABound) {
  ServerOptions options;
  options.drain_bytes_max = 1U << 20U;
  EchoServer echo(options);
  RawConnection connection(echo.port());
  ASSERT_TRUE(connection.send(post_head("/secured", 100U << 20U)));
  bool is_cut = false;
  for (int i = 0; i < 100 && !is_cut; ++i) is_cut = !connection.send(std::string(1U << 20U, 'x'));
  EXPECT_TRUE(is_cut);
}

TEST(Limits, ARefusedRequestThatIsCompleteKeepsItsConnection) {
  EchoServer echo;
  RawConnection connection(echo.port());
  ASSERT_TRUE(connection.send(post_head("/secured", 4) + "body" + std::string(kGetHello)));
  EXPECT_EQ(connection.read_response()->status, 401);
  EXPECT_EQ(connection.read_response()->body, "hello");
  ASSERT_TRUE(connection.send(post_head("/secured", 4, "X-Api-Key: read-key\r\n") + "body"));
  EXPECT_EQ(connection.read_response()->status, 403);
  ASSERT_TRUE(connection.send(post_head("/secured", 4, "X-Api-Key: good-key\r\n") + "body"));
  EXPECT_EQ(connection.read_response()->body, "body");
}

TEST(Limits, BodiesBeyondTheMemoryBudgetAre503) {
  ServerOptions options;
  options.body_memory_bytes_max = 1U << 20U;
  EchoServer echo(options);
  RawConnection connection(echo.port());
  connection.send(post_head("/echo", 3U << 20U) + std::string(3U << 20U, 'x'));
  const auto response = connection.read_response();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 503);
  EXPECT_NE(response->field("retry-after"), "");
}

TEST(SlowClients, HalfAHeaderTimesOut) {
  EchoServer echo;
  RawConnection connection(echo.port());
  ASSERT_TRUE(connection.send("GET /hello HTTP/1.1\r\nHos"));
  RawConnection other(echo.port());
  ASSERT_TRUE(other.send(kGetHello));
  EXPECT_EQ(other.read_response()->status, 200);
  const auto response = while_time_passes(echo, 2, [&] { return connection.read_response(); });
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 408);
  EXPECT_TRUE(connection.is_closed());
}

TEST(SlowClients, AnIdleConnectionIsClosedWithoutAWord) {
  EchoServer echo;
  RawConnection connection(echo.port());
  ASSERT_TRUE(connection.send(kGetHello));
  ASSERT_TRUE(connection.read_response());
  EXPECT_TRUE(while_time_passes(echo, 61, [&] { return connection.is_closed(); }));
}

TEST(Limits, MayChangeWhileTheServerRuns) {
  ServerOptions options;
  options.connections_per_ip_max = 1;
  EchoServer echo(options);
  RawConnection first(echo.port());
  ASSERT_TRUE(first.send(kGetHello));
  EXPECT_EQ(first.read_response()->status, 200);
  RawConnection refused(echo.port());
  ASSERT_TRUE(refused.send(kGetHello));
  EXPECT_EQ(refused.read_response()->status, 503);
  options.connections_per_ip_max = 2;
  options.idle_timeout_s = 600;
  echo.server().set_limits(options);
  RawConnection second(echo.port());
  ASSERT_TRUE(second.send(kGetHello));
  EXPECT_EQ(second.read_response()->status, 200);
  echo.clock().advance_s(300);
  ASSERT_TRUE(second.send(kGetHello));
  EXPECT_EQ(second.read_response()->status, 200) << "idle, but not for too long";
}

TEST(SlowClients, AnEmptyLineBehindABodyDoesNotBeginARequest) {
  EchoServer echo;
  RawConnection connection(echo.port());
  ASSERT_TRUE(connection.send(post_head("/echo", 4) + "body\r\n"));
  EXPECT_EQ(connection.read_response()->body, "body");
  echo.clock().advance_s(30);  // longer than a header may take
  ASSERT_TRUE(connection.send(kGetHello));
  EXPECT_EQ(connection.read_response()->body, "hello");
  ASSERT_TRUE(connection.send("\r\n"));
  EXPECT_TRUE(while_time_passes(echo, 61, [&] { return connection.is_closed(); }));
}

TEST(SlowClients, ABodyThatDripsTimesOut) {
  EchoServer echo;
  RawConnection connection(echo.port());
  ASSERT_TRUE(connection.send(post_head("/echo", 100'000) + "start"));
  std::future<std::optional<RawResponse>> answer =
      std::async(std::launch::async, [&] { return connection.read_response(); });
  while (answer.wait_for(std::chrono::milliseconds(50)) != std::future_status::ready) {
    connection.send("x");
    echo.clock().advance_s(2);
  }
  const auto response = answer.get();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 408);
  EXPECT_EQ(echo.served(), 0);
}

TEST(SlowClients, AClientThatDoesNotReadIsCut) {
  EchoServer echo;
  RawConnection connection(echo.port(), 4096);
  ASSERT_TRUE(connection.send("GET /large?bytes=50000000 HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_TRUE(while_time_passes(echo, 31, [&] {
    while (connection.send(kGetHello)) std::this_thread::yield();
    return true;
  }));
}

TEST(ConnectionLimits, TheNextOneOfAnAddressIs503UntilOneLeaves) {
  ServerOptions options;
  options.connections_per_ip_max = 3;
  EchoServer echo(options);
  std::vector<std::unique_ptr<RawConnection>> held;
  for (int i = 0; i < 3; ++i) {
    held.push_back(std::make_unique<RawConnection>(echo.port()));
    ASSERT_TRUE(held.back()->send(kGetHello));
    ASSERT_EQ(held.back()->read_response()->status, 200);
  }
  RawConnection refused(echo.port());
  refused.send(kGetHello);
  const auto response = refused.read_response();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 503);
  EXPECT_NE(response->field("retry-after"), "");
  held.pop_back();
  for (int tries = 0; tries < 1000; ++tries) {  // the server sees the close a moment later
    RawConnection next(echo.port());
    next.send(kGetHello);
    const auto answer = next.read_response();
    if (answer && answer->status == 200) return;
  }
  FAIL() << "the place was never given back";
}

TEST(ConnectionLimits, TheTotalIsBounded) {
  ServerOptions options;
  options.connections_max = 2;
  EchoServer echo(options);
  RawConnection first(echo.port());
  RawConnection second(echo.port());
  for (RawConnection* connection : {&first, &second}) {
    ASSERT_TRUE(connection->send(kGetHello));
    ASSERT_EQ(connection->read_response()->status, 200);
  }
  RawConnection third(echo.port());
  third.send(kGetHello);
  EXPECT_EQ(third.read_response()->status, 503);
}

TEST(Stop, LetsRequestsInFlightFinishAndClosesTheRest) {
  ServerOptions options;
  options.threads = 1;  // so that the closed idle connection tells that the stop has begun
  EchoServer echo(options);
  RawConnection idle(echo.port());
  ASSERT_TRUE(idle.send(kGetHello));
  ASSERT_TRUE(idle.read_response());
  RawConnection busy(echo.port());
  ASSERT_TRUE(busy.send(post_head("/hold", 0)));
  ASSERT_TRUE(echo.wait_for_held(1));
  std::future<void> stopped = std::async(std::launch::async, [&] { echo.server().stop(30); });
  EXPECT_TRUE(idle.is_closed());
  echo.release_held();
  const auto response = busy.read_response();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "held");
  EXPECT_EQ(response->field("connection"), "close");
  EXPECT_TRUE(busy.is_closed());
  stopped.get();
}

TEST(Stop, DoesNotWaitLongerThanItsGraceAndLateAnswersAreHarmless) {
  EchoServer echo;
  RawConnection busy(echo.port());
  ASSERT_TRUE(busy.send(post_head("/hold", 0)));
  ASSERT_TRUE(echo.wait_for_held(1));
  std::future<void> stopped = std::async(std::launch::async, [&] { echo.server().stop(5); });
  while (stopped.wait_for(std::chrono::milliseconds(50)) != std::future_status::ready) {
    echo.clock().advance_s(6);
  }
  EXPECT_TRUE(busy.is_closed());
  echo.release_held();
}

}  // namespace
}  // namespace adbacus::http
