#include "enrich/agent/request_signs.hpp"

#include <gtest/gtest.h>

namespace adbacus {
namespace {

TEST(PrimaryLanguage, IsThatOfTheFirstElement) {
  EXPECT_EQ(primary_language("de-DE,de;q=0.9,en;q=0.8").view(), "de");
  EXPECT_EQ(primary_language("EN").view(), "en");
  EXPECT_EQ(primary_language(" fil;q=1").view(), "fil");
  EXPECT_EQ(primary_language("zh_Hant").view(), "zh");
  for (const char* none : {"", "*", "x", "1a", "abcd", ",de", "\x80\x80"})
    EXPECT_EQ(primary_language(none).view(), "") << none;
}

TEST(RequestSigns, OfADeviceAreItsOwnHeaderFields) {
  http::Request request;
  request.headers = {{"USER-AGENT", "agent"},
                     {"Sec-CH-UA", "\"B\";v=\"1\""},
                     {"sec-ch-ua-mobile", "?1"},
                     {"Sec-CH-UA-Platform", "\"Linux\""},
                     {"Sec-CH-UA-Platform-Version", "\"6.1\""},
                     {"Sec-CH-UA-Arch", "\"x86\""},
                     {"Accept-Language", "fr-CA"},
                     {"X-Device-User-Agent", "another"}};
  const RequestSigns device = signs_of_device(request);
  EXPECT_EQ(device.agent.user_agent, "agent");
  EXPECT_EQ(device.agent.brands, "\"B\";v=\"1\"");
  EXPECT_EQ(device.agent.mobile, "?1");
  EXPECT_EQ(device.agent.platform, "\"Linux\"");
  EXPECT_EQ(device.agent.platform_version, "\"6.1\"");
  EXPECT_EQ(device.language.view(), "fr");
  const RequestSigns forwarder = signs_of_forwarder(request);
  EXPECT_EQ(forwarder.agent.user_agent, "another");
  EXPECT_FALSE(forwarder.agent.has_hints());
}

TEST(RequestSigns, LeaveOutAnAgentThatIsNoText) {
  http::Request request;
  request.headers = {{"User-Agent", "\xff"}};
  const RequestSigns signs = signs_of_device(request);
  EXPECT_TRUE(signs.has_bad_user_agent);
  EXPECT_EQ(signs.agent.user_agent, "");
}

}  // namespace
}  // namespace adbacus
