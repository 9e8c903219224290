// R13: whatever could be read in two ways is answered 400, the connection closes, and a request
// behind it is never served.
#include <gtest/gtest.h>
#include <string>

#include "base/rng.hpp"
#include "http/testing/echo_server.hpp"
#include "http/testing/raw_connection.hpp"

namespace adbacus::http {
namespace {

const std::string kSmuggled = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";

struct Case {
  const char* name;
  std::string bytes;
};

std::vector<Case> ambiguous_requests() {
  const std::string line = "POST /echo HTTP/1.1\r\nHost: a\r\n";
  const std::string chunks = "5\r\nhello\r\n0\r\n\r\n";
  return {
      {"CL and TE", line + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks},
      {"TE and CL", line + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + chunks},
      {"differing CL", line + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"},
      {"same CL twice", line + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"},
      {"CL list", line + "Content-Length: 5, 5\r\n\r\nhello"},
      {"CL with sign", line + "Content-Length: +5\r\n\r\nhello"},
      {"TE list", line + "Transfer-Encoding: gzip, chunked\r\n\r\n" + chunks},
      {"TE unknown", line + "Transfer-Encoding: xchunked\r\n\r\n" + chunks},
      {"TE twice", line + "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n" + chunks},
      {"obs-fold", line + "X-A: b\r\n Content-Length: 5\r\n\r\nhello"},
      {"bare LF", "POST /echo HTTP/1.1\nHost: a\nContent-Length: 5\n\nhello"},
      {"one bare LF", line + "X-A: b\nContent-Length: 5\r\n\r\nhello"},
      {"space before colon", line + "Content-Length : 5\r\n\r\nhello"},
      {"space in name", line + "Content Length: 5\r\n\r\nhello"},
      {"bad method", "PO(ST /echo HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"bad target", "POST /echo\x01 HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"two spaces", "POST  /echo HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"bad escape", "POST /echo%zz HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"NUL escape", "POST /echo%00 HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"NUL", line + std::string("X-A: b\0\r\n\r\n", 11)},
      {"no host", "POST /echo HTTP/1.1\r\n\r\n"},
      {"two hosts", line + "Host: b\r\n\r\n"},
      {"chunk with bare LF", line + "Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n"},
      {"chunk size with space",
       line + "Transfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n"},
      {"chunk too long", line + "Transfer-Encoding: chunked\r\n\r\n4\r\nhello\r\n0\r\n\r\n"},
  };
}

TEST(Framing, AmbiguousRequestsAre400AndNothingBehindThemIsServed) {
  EchoServer echo;
  for (const Case& item : ambiguous_requests()) {
    RawConnection connection(echo.port());
    connection.send(item.bytes + kSmuggled);
    const auto response = connection.read_response();
    ASSERT_TRUE(response) << item.name;
    EXPECT_EQ(response->status, 400) << item.name;
    EXPECT_EQ(response->field("connection"), "close") << item.name;
    EXPECT_EQ(response->field("content-type"), "application/problem+json") << item.name;
    EXPECT_TRUE(connection.is_closed()) << item.name;
  }
  EXPECT_EQ(echo.served(), 0);
}

TEST(Framing, EmptyLinesBetweenRequestsAreSteppedOver) {
  EchoServer echo;
  RawConnection connection(echo.port());
  const std::string post = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody";
  ASSERT_TRUE(connection.send("\r\n" + post + "\r\n" + post + "\r\n\r\n" + post));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(connection.read_response()->body, "body") << i;
  for (const char* piece : {"\r", "\n", "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"})
    ASSERT_TRUE(connection.send(piece));
  EXPECT_EQ(connection.read_response()->body, "hello");
  ASSERT_TRUE(connection.send("\r\n\r\n\r\n\r\n\r\n" + post));
  EXPECT_EQ(connection.read_response()->status, 400) << "only so many";
  EXPECT_TRUE(connection.is_closed());
}

TEST(Framing, ARefusalDoesNotRepeatThePreviousRequest) {
  EchoServer echo;
  RawConnection connection(echo.port());
  ASSERT_TRUE(connection.send("HEAD /hello HTTP/1.1\r\nHost: a\r\nX-Request-Id: first\r\n\r\n"));
  EXPECT_EQ(connection.read_response(true)->status, 200);
  ASSERT_TRUE(connection.send("junk\n"));
  const auto response = connection.read_response();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 400);
  EXPECT_NE(response->field("x-request-id"), "first");
  EXPECT_EQ(response->body.find("/hello"), std::string::npos);
}

TEST(Framing, RandomBytesNeverStopTheServer) {
  const std::uint64_t seed = 31;
  RecordProperty("seed", std::to_string(seed));
  Rng rng(seed);
  EchoServer echo;
  for (int round = 0; round < 300; ++round) {
    RawConnection connection(echo.port());
    std::string bytes = rng.below(2) == 0 ? kSmuggled : "POST /echo HTTP/1.1\r\nHost: a\r\n";
    for (std::uint64_t n = rng.below(200); n > 0; --n) {
      bytes.insert(rng.below(bytes.size() + 1), 1, static_cast<char>(rng.below(256)));
    }
    connection.send(bytes);
    connection.finish_sending();
    while (connection.read_response()) {
    }
  }
  RawConnection connection(echo.port());
  ASSERT_TRUE(connection.send(kSmuggled)) << "seed " << seed;
  EXPECT_EQ(connection.read_response()->status, 200) << "seed " << seed;
}

}  // namespace
}  // namespace adbacus::http
