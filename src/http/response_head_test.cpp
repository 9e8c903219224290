#include "http/response_head.hpp"

#include <gtest/gtest.h>

namespace adbacus::http {
namespace {

std::string head_of(const Response& response, const ResponseFrame& frame) {
  std::string out;
  append_response_head(out, response, frame);
  return out;
}

TEST(ResponseHead, WritesTheFixedFieldsAndTheHandlers) {
  Response response;
  response.status = 201;
  response.headers.emplace_back("Location", "/v1/campaigns/7");
  ResponseFrame frame;
  frame.request_id = "id-1";
  frame.date = "Sun, 06 Nov 1994 08:49:37 GMT";
  frame.body_bytes = 12;
  EXPECT_EQ(head_of(response, frame),
            "HTTP/1.1 201 Created\r\nContent-Length: 12\r\nContent-Type: application/json\r\n"
            "X-Content-Type-Options: nosniff\r\nX-Request-Id: id-1\r\n"
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nLocation: /v1/campaigns/7\r\n\r\n");
}

TEST(ResponseHead, LeavesLengthAndTypeOutWhereNoBodyMayBe) {
  for (const int status : {204, 304}) {
    Response response;
    response.status = status;
    const std::string head = head_of(response, {});
    EXPECT_EQ(head.find("Content-"), head.find("Content-Type-Options"));
    EXPECT_FALSE(status_has_body(status));
  }
}

TEST(ResponseHead, NoValueCanStartAFieldOfItsOwn) {
  Response response;
  response.status = 302;
  response.headers.emplace_back("Location", "https://a/\r\nSet-Cookie: x=1\r\n\r\n<script>");
  const std::string head = head_of(response, {});
  EXPECT_EQ(head.find("\r\nSet-Cookie"), std::string::npos);
  EXPECT_EQ(head.find("\r\n\r\n"), head.size() - 4);
}

TEST(ResponseHead, SaysWhatHappensToTheConnection) {
  ResponseFrame frame;
  EXPECT_EQ(head_of({}, frame).find("Connection"), std::string::npos);
  frame.http_1_0 = true;
  EXPECT_NE(head_of({}, frame).find("Connection: keep-alive\r\n"), std::string::npos);
  frame.keep_alive = false;
  EXPECT_NE(head_of({}, frame).find("Connection: close\r\n"), std::string::npos);
}

TEST(HttpDate, WritesTheExampleOfTheStandardAndLeapDays) {
  EXPECT_EQ(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(http_date(1709164800), "Thu, 29 Feb 2024 00:00:00 GMT");
}

}  // namespace
}  // namespace adbacus::http
