#include "http/server.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "http/content_coding.hpp"
#include "http/testing/echo_server.hpp"
#include "http/testing/raw_connection.hpp"

namespace adbacus::http {
namespace {

std::string post(const std::string& path, const std::string& body, const std::string& fields = {}) {
  return "POST " + path + " HTTP/1.1\r\nHost: a\r\n" + fields +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

constexpr std::string_view kGetHello = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(Server, KeepsAConnectionForManyRequests) {
  EchoServer echo;
  RawConnection connection(echo.port());
  for (int i = 0; i < 50; ++i) {
    const std::string body = "request " + std::to_string(i);
    ASSERT_TRUE(connection.send(post("/echo", body)));
    const auto response = connection.read_response();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, body);
    EXPECT_EQ(response->field("x-content-type-options"), "nosniff");
    EXPECT_EQ(response->field("date").size(), 29U);
  }
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  EchoServer echo;
  RawConnection connection(echo.port());
  std::string all;
  for (int i = 0; i < 500; ++i) all += post(i % 3 == 0 ? "/later" : "/echo", std::to_string(i));
  ASSERT_TRUE(connection.send(all));
  for (int i = 0; i < 500; ++i) {
    const auto response = connection.read_response();
    ASSERT_TRUE(response);
    ASSERT_EQ(response->body, std::to_string(i));
  }
}

TEST(Server, KeepsOrderWhenAnotherThreadAnswersManyConnectionsOutOfOrder) {
  const std::uint64_t seed = 5;
  RecordProperty("seed", std::to_string(seed));
  EchoServer echo({}, seed);
  std::vector<std::unique_ptr<RawConnection>> connections;
  for (int c = 0; c < 40; ++c) connections.push_back(std::make_unique<RawConnection>(echo.port()));
  for (std::size_t c = 0; c < connections.size(); ++c) {
    std::string all;
    for (int i = 0; i < 20; ++i) all += post("/later", std::to_string(c) + ":" + std::to_string(i));
    ASSERT_TRUE(connections[c]->send(all));
  }
  for (int i = 0; i < 20; ++i) {
    for (std::size_t c = 0; c < connections.size(); ++c) {
      const auto response = connections[c]->read_response();
      ASSERT_TRUE(response);
      ASSERT_EQ(response->body, std::to_string(c) + ":" + std::to_string(i));
    }
  }
}

TEST(Server, TakesRequestsByteByByte) {
  EchoServer echo;
  RawConnection connection(echo.port());
  for (const char c : post("/echo", "slow")) ASSERT_TRUE(connection.send({&c, 1}));
  EXPECT_EQ(connection.read_response()->body, "slow");
}

TEST(Server, TakesBodiesOfEverySizeAroundItsBuffers) {
  EchoServer echo;
  RawConnection connection(echo.port());
  for (const std::size_t size :
       {0U, 1U, 16'000U, 65'000U, 65'536U, 70'000U, 1'000'000U, 5'242'880U}) {
    std::string body(size, 'a');
    for (std::size_t i = 0; i < size; i += 97) body[i] = static_cast<char>('a' + i % 26);
    ASSERT_TRUE(connection.send(post("/echo", body) + std::string(kGetHello)));
    const auto response = connection.read_response();
    ASSERT_TRUE(response);
    ASSERT_TRUE(response->body == body) << size;
    ASSERT_EQ(connection.read_response()->body, "hello") << "pipelined behind " << size;
  }
}

TEST(Server, TakesChunkedBodiesWithRequestsBehindThem) {
  EchoServer echo;
  RawConnection connection(echo.port());
  const std::string head = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  ASSERT_TRUE(
      connection.send(head + "4\r\nWiki\r\n5\r\npedia\r\n0\r\n\r\n" + std::string(kGetHello)));
  EXPECT_EQ(connection.read_response()->body, "Wikipedia");
  EXPECT_EQ(connection.read_response()->body, "hello");
}

TEST(Server, UnpacksCompressedBodies) {
  EchoServer echo;
  RawConnection connection(echo.port());
  std::string text;
  for (int i = 0; i < 30'000; ++i) text += std::to_string(i * 7919) + "\n";
  for (const Coding coding : {Coding::gzip, Coding::zstd}) {
    const std::string name(coding_name(coding));
    const std::string wire = compress(coding, text).value();
    ASSERT_TRUE(connection.send(post("/echo", wire, "Content-Encoding: " + name + "\r\n")));
    EXPECT_TRUE(connection.read_response()->body == text) << name;
  }
}

TEST(Server, PacksLargeAnswersWhenAsked) {
  EchoServer echo;
  RawConnection connection(echo.port());
  const auto ask = [&](const std::string& bytes, const std::string& accept) {
    connection.send("GET /large?bytes=" + bytes +
                    " HTTP/1.1\r\nHost: a\r\nAccept-Encoding: " + accept + "\r\n\r\n");
    return connection.read_response().value();
  };
  const RawResponse packed = ask("100000", "gzip");
  EXPECT_EQ(packed.field("content-encoding"), "gzip");
  EXPECT_EQ(packed.field("vary"), "Accept-Encoding");
  EXPECT_LT(packed.body.size(), 2000U);
  EXPECT_EQ(ask("100000", "zstd").field("content-encoding"), "zstd");
  EXPECT_EQ(ask("100000", "identity").body.size(), 100'000U);
  EXPECT_EQ(ask("1000", "gzip").field("content-encoding"), "");
}

TEST(Server, HeadGivesTheLengthAndNoBody) {
  EchoServer echo;
  RawConnection connection(echo.port());
  ASSERT_TRUE(connection.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n" + std::string(kGetHello)));
  EXPECT_EQ(connection.read_response(true)->field("content-length"), "5");
  EXPECT_EQ(connection.read_response()->body, "hello");
}

TEST(Server, SpeaksHttp10) {
  EchoServer echo;
  RawConnection closing(echo.port());
  ASSERT_TRUE(closing.send("GET /hello HTTP/1.0\r\n\r\n"));
  EXPECT_EQ(closing.read_response()->field("connection"), "close");
  EXPECT_TRUE(closing.is_closed());
  RawConnection staying(echo.port());
  ASSERT_TRUE(staying.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
  EXPECT_EQ(staying.read_response()->field("connection"), "keep-alive");
  ASSERT_TRUE(staying.send(kGetHello));
  EXPECT_EQ(staying.read_response()->body, "hello");
}

TEST(Server, ClosesWhenAskedAndServesNothingBehindIt) {
  EchoServer echo;
  RawConnection connection(echo.port());
  ASSERT_TRUE(connection.send("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" +
                              std::string(kGetHello)));
  EXPECT_EQ(connection.read_response()->field("connection"), "close");
  EXPECT_TRUE(connection.is_closed());
  EXPECT_EQ(echo.served(), 1);
}

TEST(Server, AsksForTheBodyOnlyIfItWantsIt) {
  EchoServer echo;
  RawConnection wanted(echo.port());
  const std::string fields = "Host: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";
  ASSERT_TRUE(wanted.send("POST /echo HTTP/1.1\r\n" + fields));
  EXPECT_EQ(wanted.read_response()->status, 100);
  ASSERT_TRUE(wanted.send("body"));
  EXPECT_EQ(wanted.read_response()->body, "body");
  RawConnection unwanted(echo.port());
  ASSERT_TRUE(unwanted.send("POST /secured HTTP/1.1\r\n" + fields));
  EXPECT_EQ(unwanted.read_response()->status, 401);
  EXPECT_TRUE(unwanted.is_closed());
}

TEST(Server, EchoesSaneRequestIdsAndMakesItsOwn) {
  EchoServer echo;
  RawConnection connection(echo.port());
  const auto id_for = [&](const std::string& sent) {
    connection.send("GET /hello HTTP/1.1\r\nHost: a\r\nX-Request-Id: " + sent + "\r\n\r\n");
    return connection.read_response()->field("x-request-id");
  };
  EXPECT_EQ(id_for("abc.DEF_1-2"), "abc.DEF_1-2");
  const std::string made = id_for("<script>");
  EXPECT_EQ(made.size(), 16U);
  EXPECT_NE(id_for(std::string(129, 'a')), made);
}

TEST(Server, ShowsTheHandlerPathQueryAndCaller) {
  EchoServer echo;
  RawConnection connection(echo.port());
  ASSERT_TRUE(connection.send(post("/ech%6F?a=x%20y+z", "", "X-Forwarded-For: 6.6.6.6\r\n")));
  const auto response = connection.read_response();
  EXPECT_EQ(response->field("x-path"), "/echo");
  EXPECT_EQ(response->field("x-q-a"), "x y z");
  EXPECT_EQ(response->field("x-remote-ip"), "127.0.0.1") << "not a trusted proxy";
}

TEST(Server, BelievesTrustedProxiesAboutTheCaller) {
  ServerOptions options;
  options.trusted_proxies = {"127.0.0.1"};
  options.connections_per_ip_max = 1;
  EchoServer echo(options);
  RawConnection first(echo.port());
  RawConnection second(echo.port());
  for (RawConnection* connection : {&first, &second}) {
    ASSERT_TRUE(connection->send(
        post("/echo", "", "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 198.51.100.9\r\n")));
    EXPECT_EQ(connection->read_response()->field("x-remote-ip"), "198.51.100.9");
  }
}

TEST(Server, AnswersFiveHundredForAHandlerThatThrowsOrForgets) {
  EchoServer echo;
  RawConnection connection(echo.port());
  for (const char* path : {"/throw", "/forget"}) {
    ASSERT_TRUE(connection.send(post(path, "x")));
    EXPECT_EQ(connection.read_response()->status, 500);
  }
  ASSERT_TRUE(connection.send(kGetHello));
  EXPECT_EQ(connection.read_response()->status, 200);
}

TEST(Server, AsksToComeAgainWhenAHandlerFindsNoMemory) {
  EchoServer echo;
  RawConnection connection(echo.port());
  ASSERT_TRUE(connection.send(post("/no_memory", "x")));
  const auto response = connection.read_response();
  EXPECT_EQ(response->status, 503);
  EXPECT_NE(response->field("retry-after"), "");
  ASSERT_TRUE(connection.send(kGetHello));
  EXPECT_EQ(connection.read_response()->status, 200);
}

TEST(Server, SurvivesClientsThatLeaveBeforeTheAnswer) {
  EchoServer echo;
  for (int i = 0; i < 20; ++i) {
    RawConnection connection(echo.port());
    ASSERT_TRUE(connection.send(post("/hold", "x")));
  }
  ASSERT_TRUE(echo.wait_for_held(20));
  echo.release_held();
  RawConnection connection(echo.port());
  ASSERT_TRUE(connection.send(kGetHello));
  EXPECT_EQ(connection.read_response()->status, 200);
}

TEST(Server, RefusesToStartOnATakenPortOrABadAddress) {
  EchoServer echo;
  const Router router;
  ServerOptions options;
  options.port = echo.port();
  const auto second = Server::start(options, router, nullptr, system_clock());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::unavailable);
  options.host = "not an address";
  EXPECT_EQ(Server::start(options, router, nullptr, system_clock()).error().code,
            ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace adbacus::http
