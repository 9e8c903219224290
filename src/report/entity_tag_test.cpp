#include "report/entity_tag.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace adbacus {
namespace {

http::Response answer(std::string body) {
  http::Response response;
  response.body = std::move(body);
  return response;
}

std::string field(const http::Response& response, std::string_view name) {
  const auto found = std::find_if(response.headers.begin(), response.headers.end(),
                                  [name](const auto& pair) { return pair.first == name; });
  return found == response.headers.end() ? std::string() : found->second;
}

http::Request get(std::vector<std::pair<std::string_view, std::string_view>> headers) {
  http::Request request;
  request.headers = std::move(headers);
  return request;
}

TEST(EntityTag, TellsAClientThatItStillHoldsTheAnswer) {
  const auto first = with_entity_tag(get({}), answer("{\"clicks\":1}"));
  EXPECT_EQ(first.status, 200);
  const std::string tag = field(first, "ETag");
  ASSERT_GT(tag.size(), 10U);
  EXPECT_EQ(tag.front(), '"');
  EXPECT_EQ(field(first, "Cache-Control"), "private, no-cache");
  EXPECT_NE(field(first, "Vary").find("Authorization"), std::string::npos);

  const auto same = with_entity_tag(get({{"If-None-Match", tag}}), answer("{\"clicks\":1}"));
  EXPECT_EQ(same.status, 304);
  EXPECT_TRUE(same.body.empty());
  EXPECT_EQ(field(same, "ETag"), tag);
  const auto changed = with_entity_tag(get({{"If-None-Match", tag}}), answer("{\"clicks\":2}"));
  EXPECT_EQ(changed.status, 200);
  EXPECT_EQ(changed.body, "{\"clicks\":2}");
}

TEST(EntityTag, DiffersByFormatAndCoding) {
  http::Response csv = answer("a");
  csv.content_type = "text/csv";
  const std::string json_tag = field(with_entity_tag(get({}), answer("a")), "ETag");
  EXPECT_NE(field(with_entity_tag(get({}), csv), "ETag"), json_tag);
  EXPECT_NE(field(with_entity_tag(get({{"Accept-Encoding", "gzip"}}), answer("a")), "ETag"),
            json_tag);
}

TEST(EntityTag, ReadsListsWeakTagsAndTheStar) {
  EXPECT_TRUE(names_tag("\"a\"", "\"a\""));
  EXPECT_TRUE(names_tag("\"b\", W/\"a\"", "\"a\""));
  EXPECT_TRUE(names_tag(" * ", "\"a\""));
  EXPECT_FALSE(names_tag("\"b\",\"aa\"", "\"a\""));
  EXPECT_FALSE(names_tag("", "\"a\""));
}

TEST(EntityTag, ProblemsAndPostedReportsAreNotKept) {
  http::Response problem = answer("{}");
  problem.status = 422;
  const auto refused = with_entity_tag(get({{"If-None-Match", "*"}}), problem);
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(field(refused, "ETag"), "");
  http::Request post = get({{"If-None-Match", "*"}});
  post.method = http::Method::post;
  const auto posted = with_entity_tag(post, answer("{}"));
  EXPECT_EQ(posted.status, 200);
  EXPECT_EQ(field(posted, "Cache-Control"), "no-store");
}

}  // namespace
}  // namespace adbacus
