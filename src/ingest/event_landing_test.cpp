// What an event takes of its landing page's URL.
#include "ingest/event_landing.hpp"

#include <gtest/gtest.h>

#include "enrich/landing/landing_params.hpp"
#include "ingest/metadata_text.hpp"
#include "ingest/testing/intake_fixture.hpp"

namespace adbacus {
namespace {

class EventLanding : public ::testing::Test {
 protected:
  const Event& one(const std::string& members) {
    const ReadBody& read = fixture_.read("{" + members + "}");
    EXPECT_EQ(read.code(), "") << members;
    return read.events.at(0);
  }
  IntakeFixture fixture_;
};

constexpr const char* kView = R"("event_type":"page_view","event_id":"e",)";

TEST_F(EventLanding, CampaignsBecomeMetadata) {
  const Event& event = one(
      std::string(kView) +
      R"("url":"https://a.example/?utm_source=news+letter&utm_medium=e%2Dmail&utm_term=%22x%22")");
  EXPECT_EQ(event.metadata,
            R"({"utm_source":"news letter","utm_medium":"e-mail","utm_term":"\"x\""})");
  EXPECT_EQ(event.url,
            "https://a.example/?utm_source=news+letter&utm_medium=e%2Dmail&utm_term=%22x%22");
  EXPECT_EQ(one(std::string(kView) + R"("url":"https://a.example/?utm_id=1","metadata":{"a":1})")
                .metadata,
            R"({"a":1,"utm_id":"1"})");
  EXPECT_EQ(
      one(std::string(kView) + R"("url":"https://a.example/?utm_id=1","metadata":{})").metadata,
      R"({"utm_id":"1"})");
}

TEST_F(EventLanding, WhatTheSenderSaysStays) {
  const std::string url = R"("url":"https://a.example/?utm_source=x&utm_term=y&gclid=G")";
  EXPECT_EQ(one(kView + url + R"(,"metadata":{"utm_source":"mine"})").metadata,
            R"({"utm_source":"mine","utm_term":"y"})");
  EXPECT_EQ(one(kView + url + R"(,"utm_source":"mine","b":1)").metadata,
            R"({"utm_source":"mine","extra":{"b":1},"utm_term":"y"})");
  EXPECT_EQ(one(kView + url + R"(,"click_id":"mine")").click_id, "mine");
  EXPECT_EQ(one(kView + url).click_id, "G");
}

TEST_F(EventLanding, FieldsOfTheEventAreMetadataToo) {
  const std::string id = kView;
  EXPECT_EQ(one(id + R"("utm_source":"a","utm_id":7)").metadata,
            R"({"utm_source":"a","utm_id":7})");
  EXPECT_EQ(one(id + R"("utm_source":"a","metadata":{"utm_source":"b"})").metadata,
            R"({"utm_source":"b","extra":{"utm_source":"a"}})");
  EXPECT_EQ(one(id + R"("utm_source":"a","metadata":{ "c" : 1 })").metadata,
            R"({"c":1,"utm_source":"a"})");
}

TEST_F(EventLanding, ClickIdsJoinWhatComesOfClicks) {
  for (const std::string_view name : kClickIdNames) {
    const std::string url =
        R"("url":"https://a.example/?a=1&)" + std::string(name) + R"(=aB%2Dc_1#top")";
    EXPECT_EQ(one(R"("event_type":"conversion","event_id":"e",)" + url).click_id, "aB-c_1") << name;
    EXPECT_EQ(one(R"("event_type":"impression","event_id":"e",)" + url).click_id, "") << name;
    EXPECT_EQ(one(R"("event_type":"click","event_id":"e",)" + url).click_id, "e") << name;
    EXPECT_EQ(one(R"("event_type":"click",)" + url).click_id, "aB-c_1") << name;
  }
}

TEST_F(EventLanding, AReferrerOfTheSameSiteCountsWhereTheUrlSaysNothing) {
  const auto with = [](const char* url, const char* referrer) {
    return std::string(kView) + R"("url":")" + url + R"(","referrer":")" + referrer + "\"";
  };
  EXPECT_EQ(one(with("https://a.example/2", "https://a.example/?gclid=G")).click_id, "G");
  EXPECT_EQ(one(with("https://a.example/2", "https://b.example/?gclid=G")).click_id, "");
  EXPECT_EQ(one(with("https://a.example/?utm_id=1", "https://a.example/?gclid=G")).click_id, "");
}

TEST_F(EventLanding, WhatIsNoTextIsLeftOut) {
  for (const std::string& value :
       {std::string("%"), std::string("%ff"), std::string("a%00"), std::string("a%0A"),
        std::string(513, 'x'), std::string("%zz")}) {
    const Event& event =
        one(kView + (R"("url":"https://a.example/?gclid=)" + value + "&utm_term=" + value + "\""));
    EXPECT_EQ(event.click_id, "") << value;
    EXPECT_EQ(event.metadata, "") << value;
  }
  EXPECT_EQ(one(std::string(kView) + R"("url":"https://a.example/?fbclid=)" +
                std::string(200, 'x') + "\"")
                .click_id.size(),
            200U);
}

TEST_F(EventLanding, ThereIsNoIdOfOthersForWhoOptedOut) {
  const std::string urls = R"("url":"https://a.example/?gclid=G&utm_id=1",)"
                           R"("referrer":"https://a.example/?x=1&fbclid=F",)";
  for (const char* consent :
       {R"({"gpc":1})", R"({"coppa":1})", R"({"gdpr":1})", R"({"us_privacy":"1YYN"})"}) {
    const Event& event = one(kView + urls + R"("consent":)" + consent);
    EXPECT_EQ(event.click_id, "") << consent;
    EXPECT_EQ(event.url, "https://a.example/?utm_id=1") << consent;
    EXPECT_EQ(event.referrer, "https://a.example/?x=1") << consent;
    EXPECT_EQ(event.metadata, R"({"utm_id":"1"})") << consent;
  }
  EXPECT_EQ(one(kView + urls + R"("consent":{"gpc":0})").click_id, "G");
}

TEST_F(EventLanding, MetadataNeverGrowsBeyondItsBound) {
  for (std::size_t size : {std::size_t{4000}, std::size_t{4060}, std::size_t{4080}}) {
    const Event& event =
        one(std::string(kView) + R"("url":"https://a.example/?utm_source=s","metadata":{"a":")" +
            std::string(size, 'x') + "\"}");
    EXPECT_LE(event.metadata.size(), kMetadataBytesMax);
    EXPECT_EQ(event.metadata.find("utm_source") != std::string_view::npos,
              size == 4000 || size == 4060);
  }
}

}  // namespace
}  // namespace adbacus
