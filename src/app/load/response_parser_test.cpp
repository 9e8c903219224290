#include "app/load/response_parser.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "base/rng.hpp"

namespace adbacus {
namespace {

using State = ParsedResponse::State;

struct Case {
  const char* name;
  std::string bytes;
  int status;
  std::string body;
  bool keeps_connection;
};

std::vector<Case> whole_answers() {
  return {
      {"length", "HTTP/1.1 202 Accepted\r\nContent-Length: 5\r\n\r\nhello", 202, "hello", true},
      {"empty", "HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n", 200, "", true},
      {"no content", "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n", 204, "", true},
      {"close", "HTTP/1.1 503 X\r\nCONNECTION: Close\r\nContent-Length: 1\r\n\r\nx", 503, "x",
       false},
      {"old", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, "x", false},
      {"no reason", "HTTP/1.1 429\r\nContent-Length: 0\r\n\r\n", 429, "", true},
      {"interim", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab",
       200, "ab", true},
      {"chunks",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
       "chunked\r\n\r\n3;x=1\r\nabc\r\nA\r\n0123456789\r\n0\r\n"
       "Trailer: 1\r\n\r\n",
       200, "abc0123456789", true},
      {"no chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200, "",
       true},
  };
}

TEST(ResponseParser, ReadsWholeAnswersAndNotTheNextOne) {
  for (const Case& c : whole_answers()) {
    const std::string received = c.bytes + "HTTP/1.1 200 OK\r\n";
    const ParsedResponse answer = parse_response(received);
    EXPECT_EQ(answer.state, State::complete) << c.name;
    EXPECT_EQ(answer.status, c.status) << c.name;
    EXPECT_EQ(answer.text(), c.body) << c.name;
    EXPECT_EQ(answer.keeps_connection, c.keeps_connection) << c.name;
    EXPECT_EQ(answer.size_bytes, c.bytes.size()) << c.name;
  }
}

TEST(ResponseParser, WaitsForTheRestOfEveryFragment) {
  for (const Case& c : whole_answers()) {
    for (std::size_t size = 0; size < c.bytes.size(); ++size) {
      EXPECT_EQ(parse_response(std::string_view(c.bytes).substr(0, size)).state, State::incomplete)
          << c.name << " cut at " << size;
    }
  }
}

TEST(ResponseParser, RefusesWhatHasNoCertainEnd) {
  for (const char* bytes :
       {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\n", "HTTP/2 200\r\n\r\n",
        "HTTP/1.1 abc OK\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"}) {
    EXPECT_EQ(parse_response(bytes).state, State::broken) << bytes;
  }
  EXPECT_EQ(parse_response(std::string(100'000, 'x')).state, State::broken);
}

TEST(ResponseParser, SurvivesRandomBytes) {
  Rng rng(17);
  for (int i = 0; i < 20'000; ++i) {
    const auto cases = whole_answers();
    std::string bytes = cases[rng.below(cases.size())].bytes;
    for (std::uint64_t n = 1 + rng.below(4); n > 0; --n) {
      bytes[rng.below(bytes.size())] = static_cast<char>(rng.below(256));
    }
    const ParsedResponse answer = parse_response(bytes);
    if (answer.state == State::complete) {
      EXPECT_LE(answer.size_bytes, bytes.size());
    }
  }
}

TEST(EventsAnswer, SaysWhatWasTaken) {
  EventsAnswer answer;
  ASSERT_TRUE(parse_events_answer(
      R"({"status":"queued","accepted":98,"duplicates":2,"position":"abc.1",)"
      R"("rejected":[{"index":3,"code":"x","pointer":"/3","detail":"d"}],"warnings":[]})",
      answer));
  EXPECT_EQ(answer.accepted, 98U);
  EXPECT_EQ(answer.duplicates, 2U);
  EXPECT_EQ(answer.position, "abc.1");
  EXPECT_TRUE(answer.rejected.starts_with(R"({"index":3)"));
  EventsAnswer plain;
  ASSERT_TRUE(parse_events_answer(R"({"accepted":1,"rejected":[]})", plain));
  EXPECT_TRUE(plain.rejected.empty());
  EXPECT_FALSE(parse_events_answer("{}", plain));
}

}  // namespace
}  // namespace adbacus
