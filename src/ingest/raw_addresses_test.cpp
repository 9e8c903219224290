#include "ingest/raw_addresses.hpp"

#include <gtest/gtest.h>
#include <string>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"

namespace adbacus {
namespace {

TEST(RawAddresses, ANameIsJudgedByItsEnd) {
  for (const char* name : {"ip", "IP", "user_ip", "clientIp", "x-forwarded-for", "X_Forwarded_For",
                           "remoteAddr", "ip_address", "ips", "IPv6", "xff", "device.ip"}) {
    EXPECT_TRUE(is_address_name(name)) << name;
    EXPECT_TRUE(may_name_address(name)) << name;
    EXPECT_TRUE(may_name_address(std::string(70, 'x') + name)) << name;
  }
  for (const char* name : {"", "i", "p", "version", "ipad", "page", "address_line"}) {
    EXPECT_FALSE(is_address_name(name)) << name;
  }
}

TEST(RawAddresses, APairIsFoundWhereverItStands) {
  for (std::size_t size = 2; size <= 140; ++size) {
    EXPECT_FALSE(may_name_address(std::string(size, 'x')));
    for (std::size_t at = 0; at + 2 <= size; ++at) {
      std::string text(size, 'x');
      text.replace(at, 2, "iP");
      EXPECT_TRUE(may_name_address(text)) << "at " << at << " of " << size;
      EXPECT_FALSE(may_name_address(std::string_view(text).substr(0, at + 1)));
    }
  }
}

TEST(RawAddresses, MembersAreCutToThePrefixAtAnyDepth) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"IP":"203.0.113.9","a":1})", R"({"IP":"203.0.113.0/24","a":1})"},
      {R"({"device":{"a":[1,{"clientIp":"203.0.113.9:443"}]}})",
       R"({"device":{"a":[1,{"clientIp":"203.0.113.0/24"}]}})"},
      {R"({"ips": ["203.0.113.9", "x", "2001:db8:1:2::3"]})",
       R"({"ips": ["203.0.113.0/24", "x", "2001:db8:1::/48"]})"},
      {R"({"x_forwarded_for":"203.0.113.9, 198.51.100.7"})",
       R"({"x_forwarded_for":"203.0.113.0/24,198.51.100.0/24"})"},
      {R"({"xff":"[2001:db8:1:2::3]:443"})", R"({"xff":"2001:db8:1::/48"})"},
  };
  for (const auto& [sent, stored] : cases) {
    ASSERT_TRUE(may_name_address(sent)) << sent;
    EXPECT_EQ(hide_addresses_in_json(sent), stored) << sent;
  }
}

TEST(RawAddresses, OtherTextsStayAsTheyAre) {
  for (const char* json :
       {R"({"app_version":"1.2.3.4"})", R"({"zip":"10115","ip":""})", R"({"ip":"203.0.113.*"})",
        R"({"ip":"203.0.113.0/24"})", R"({"list":["203.0.113.9"],"ip":{"v":"1.2.3.4"}})",
        R"({"ip":["\"203.0.113.9"],"a":"\\"})", R"({"a":"ip","b":"1.2.3.4"})", "{}"}) {
    EXPECT_EQ(hide_addresses_in_json(json), std::nullopt) << json;
  }
}

TEST(RawAddresses, ParametersOfUrlsAreCutToo) {
  EXPECT_EQ(
      hide_addresses_in_url("https://a.example/p?x=1&user_ip=203.0.113.9&y=2#ip=198.51.100.7"),
      "https://a.example/p?x=1&user_ip=203.0.113.0/24&y=2#ip=198.51.100.0/24");
  EXPECT_EQ(hide_addresses_in_url("https://a.example/?ip=2001%3Adb8%3A1%3A2%3A%3A3"),
            "https://a.example/?ip=2001:db8:1::/48");
  for (const char* url : {"https://203.0.113.9/ip", "https://a.example/?zip=1&ip=&ip&=203.0.113.9",
                          "https://a.example/?v=1.2.3.4", "", "?", "#&?=;"}) {
    EXPECT_EQ(hide_addresses_in_url(url), std::nullopt) << url;
  }
}

// However it is nested, no address stands behind in the text.
TEST(RawAddresses, NothingOfAnAddressIsLeft) {
  Rng rng(test_seed());
  for (int i = 0; i < 2'000; ++i) {
    std::string json = R"("203.0.113.9")";
    if (rng.below(2) == 0) json = R"("198.51.100.7, 203.0.113.9")";
    if (rng.below(2) == 0) json = "[1, \"a\", " + json + "]";
    json = R"({"a b":"q\"",)" + std::string(R"("client_)") + (rng.below(2) == 0 ? "IP" : "addr") +
           "\":" + json + "}";
    for (auto depth = rng.below(5); depth > 0; --depth) {
      json = rng.below(2) == 0 ? "[" + json + "]" : R"({"n":)" + json + R"(,"z":null})";
    }
    ASSERT_TRUE(may_name_address(json));
    const auto hidden = hide_addresses_in_json(json);
    ASSERT_TRUE(hidden) << json;
    EXPECT_EQ(hidden->find("203.0.113.9"), std::string::npos) << *hidden;
    EXPECT_EQ(hidden->find("100.7"), std::string::npos) << *hidden;
    EXPECT_EQ(hide_addresses_in_json(*hidden), std::nullopt) << *hidden;
  }
}

}  // namespace
}  // namespace adbacus
