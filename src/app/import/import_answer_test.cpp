#include "app/import/import_answer.hpp"

#include <gtest/gtest.h>

namespace adbacus {
namespace {

Result<ImportAnswer> read(int status, const char* body, std::size_t events) {
  http::ClientResponse response;
  response.status = status;
  response.body = body;
  return read_import_answer(response, events);
}

TEST(ImportAnswer, NamesTheRefusedEventsOfARequestThatWasTakenInPart) {
  const auto answer = read(202,
                           R"({"status":"queued","accepted":2,"duplicates":1,"position":"ab-7",)"
                           R"("rejected":[{"index":1,"code":"invalid_type","pointer":"/1/value",)"
                           R"("detail":"no number"}]})",
                           3);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->accepted, 2U);
  EXPECT_EQ(answer->duplicates, 1U);
  EXPECT_EQ(answer->position, "ab-7");
  ASSERT_EQ(answer->refused.size(), 1U);
  EXPECT_EQ(answer->refused[0].index, 1U);
  EXPECT_EQ(answer->refused[0].code, "invalid_type");
}

TEST(ImportAnswer, FindsTheEventsInThePointersWhenAllWereRefused) {
  const auto answer = read(422,
                           R"({"code":"invalid_events","errors":[)"
                           R"({"pointer":"/0","code":"invalid_json","detail":"x"},)"
                           R"({"pointer":"/12/metadata/3","code":"invalid_type","detail":"y"}]})",
                           13);
  ASSERT_TRUE(answer) << answer.error().message;
  ASSERT_EQ(answer->refused.size(), 2U);
  EXPECT_EQ(answer->refused[0].index, 0U);
  EXPECT_EQ(answer->refused[1].index, 12U);
  const auto single =
      read(422, R"({"code":"no_type","errors":[{"pointer":"/event_type","code":"no_type"}]})", 1);
  ASSERT_TRUE(single) << single.error().message;
  EXPECT_EQ(single->refused[0].index, 0U);
}

TEST(ImportAnswer, TakesARefusalOfTheRequestForNoneOfItsEvents) {
  for (const char* body :
       {R"({"code":"tenant_required"})", R"({"code":"no_events","errors":[]})", "", "{}", "[1]",
        R"({"code":"invalid_import","errors":[{"pointer":"?import","code":"invalid_import"}]})",
        R"({"code":"invalid_events","errors":[{"pointer":"/9","code":"x"}]})"}) {
    EXPECT_FALSE(read(422, body, 2)) << body;
  }
  EXPECT_FALSE(read(422, R"({"code":"x","errors":[{"pointer":"?import","code":"x"}]})", 1));
  EXPECT_FALSE(read(403, R"({"code":"unknown_tenant"})", 2));
  EXPECT_FALSE(read(202, "no json", 2));
}

TEST(ImportAnswer, KnowsWhetherALogReachesAnEarlierPosition) {
  EXPECT_TRUE(reaches("1f0c2a77-10", "1f0c2a77-9"));
  EXPECT_TRUE(reaches("1f0c2a77-9", "1f0c2a77-9"));
  EXPECT_FALSE(reaches("1f0c2a77-9", "1f0c2a77-10"));
  EXPECT_TRUE(reaches("1f0c2a77-0", ""));
}

}  // namespace
}  // namespace adbacus
