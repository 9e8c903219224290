#include "http/url.hpp"

#include <gtest/gtest.h>

namespace adbacus::http {
namespace {

TEST(PercentDecode, DecodesEscapesAndPlusByPlace) {
  EXPECT_EQ(percent_decode("a%20b+c%2f", PlusSign::literal), "a b+c/");
  EXPECT_EQ(percent_decode("a%20b+c%2F", PlusSign::space), "a b c/");
  EXPECT_EQ(percent_decode("%00", PlusSign::literal), std::string(1, '\0'));
}

TEST(PercentDecode, RefusesEscapesThatAreNotTwoHexDigits) {
  for (const char* text : {"%", "%1", "a%", "%zz", "%1g", "% 1"}) {
    EXPECT_EQ(percent_decode(text, PlusSign::literal), std::nullopt) << text;
  }
}

TEST(PercentEncode, RoundTripsEveryByte) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  const std::string encoded = percent_encode(all);
  EXPECT_EQ(encoded.find_first_of(" +/&=\r\n"), std::string::npos);
  EXPECT_EQ(percent_decode(encoded, PlusSign::space), all);
}

TEST(ParseQuery, KeepsOrderRepeatsAndEmptyValues) {
  std::vector<QueryParam> out{{"stale", "stale"}};
  ASSERT_TRUE(parse_query("a=1&b&&a=x%3Dy=z&=v", 10, out));
  ASSERT_EQ(out.size(), 4U);
  EXPECT_EQ(out[0].name + ":" + out[0].value, "a:1");
  EXPECT_EQ(out[1].name + ":" + out[1].value, "b:");
  EXPECT_EQ(out[2].name + ":" + out[2].value, "a:x=y=z");
  EXPECT_EQ(out[3].name + ":" + out[3].value, ":v");
}

TEST(ParseQuery, RefusesBadEscapesAndTooManyParameters) {
  std::vector<QueryParam> out;
  EXPECT_FALSE(parse_query("a=%", 10, out));
  EXPECT_FALSE(parse_query("%g=1", 10, out));
  EXPECT_FALSE(parse_query("a&b&c", 2, out));
  EXPECT_TRUE(parse_query("a&b", 2, out));
}

TEST(SplitTarget, UnderstandsOriginAndAbsoluteForm) {
  EXPECT_EQ(split_target("/a/b?c=d?e").path, "/a/b");
  EXPECT_EQ(split_target("/a/b?c=d?e").query, "c=d?e");
  EXPECT_EQ(split_target("http://host:1/x?y").path, "/x");
  EXPECT_EQ(split_target("http://host?y").path, "/");
  EXPECT_EQ(split_target("http://host?y").query, "y");
  EXPECT_EQ(split_target("/r?to=http://x/").path, "/r");
}

TEST(Url, OfAServerIsOneThatAClientCanTake) {
  EXPECT_EQ(server_url("127.0.0.1", 8080, false), "http://127.0.0.1:8080");
  EXPECT_EQ(server_url("::1", 44845, false), "http://[::1]:44845");
  EXPECT_EQ(server_url("[::1]", 1, false), "http://[::1]:1");
  EXPECT_EQ(server_url("localhost", 80, false), "http://localhost:80");
  EXPECT_EQ(server_url("::1", 8443, true), "https://[::1]:8443");
}

}  // namespace
}  // namespace adbacus::http
