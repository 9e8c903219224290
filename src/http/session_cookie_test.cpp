#include "http/session_cookie.hpp"

#include <gtest/gtest.h>

namespace adbacus::http {
namespace {

TEST(SessionCookie, IsFoundAmongOthersOnce) {
  EXPECT_EQ(session_in("adbacus_session=abc"), "abc");
  EXPECT_EQ(session_in("a=1; adbacus_session=abc; b=2"), "abc");
  for (const char* cookies :
       {"", "adbacus_session", "adbacus_session=", "x_adbacus_session=abc", "adbacus_sessions=abc",
        "Adbacus_session=abc", "adbacus_session=a; adbacus_session=b"}) {
    EXPECT_EQ(session_in(cookies), "") << cookies;
  }
}

TEST(SessionCookie, TheTokenFollowsFromTheSession) {
  EXPECT_EQ(csrf_token_of("a"), csrf_token_of("a"));
  EXPECT_NE(csrf_token_of("a"), csrf_token_of("b"));
  EXPECT_EQ(csrf_token_of("a").size(), 64U);
}

TEST(SessionCookie, OwnPagesAreThoseOfTheHostThatWasAsked) {
  EXPECT_TRUE(is_own_origin("https://ads.example", "ads.example"));
  EXPECT_TRUE(is_own_origin("http://127.0.0.1:8080", "127.0.0.1:8080"));
  EXPECT_TRUE(is_own_origin("https://ads.example", "Ads.Example"));
  for (const char* origin : {"", "null", "https://evil.example", "https://ads.example.evil.example",
                             "https://ads.example:8443", "ads.example", "file://ads.example",
                             "https://ads.example/", "https://evil@ads.example"}) {
    EXPECT_FALSE(is_own_origin(origin, "ads.example")) << origin;
  }
  EXPECT_FALSE(is_own_origin("https://", ""));
}

}  // namespace
}  // namespace adbacus::http
