#include "catalog/web_origin.hpp"

#include <gtest/gtest.h>

namespace adbacus {
namespace {

TEST(WebOrigin, BecomesWhatABrowserSends) {
  EXPECT_EQ(canonical_origin("https://shop.example"), "https://shop.example");
  EXPECT_EQ(canonical_origin("HTTPS://Shop.Example:443"), "https://shop.example");
  EXPECT_EQ(canonical_origin("http://shop.example:80"), "http://shop.example");
  EXPECT_EQ(canonical_origin("http://shop.example:443"), "http://shop.example:443");
  EXPECT_EQ(canonical_origin("http://localhost:08080"), "http://localhost:8080");
  EXPECT_EQ(canonical_origin("http://127.0.0.1:3000"), "http://127.0.0.1:3000");
  EXPECT_EQ(canonical_origin("http://[::1]:3000"), "http://[::1]:3000");
  EXPECT_EQ(canonical_origin("http://[::1]"), "http://[::1]");
  EXPECT_EQ(canonical_origin("https://xn--bcher-kva.example"), "https://xn--bcher-kva.example");
  EXPECT_EQ(canonical_origin("capacitor://localhost"), "capacitor://localhost");
}

TEST(WebOrigin, RefusesWhatNoBrowserSends) {
  for (const char* text : {"",
                           "null",
                           "*",
                           "shop.example",
                           "https://",
                           "://shop.example",
                           "https://shop.example/",
                           "https://shop.example/path",
                           "https://*.example",
                           "https://user@shop.example",
                           "https://shop.example:",
                           "https://shop.example:0",
                           "https://shop.example:65536",
                           "https://shop.example:8o",
                           "https://b\xc3\xbc"
                           "cher.example",
                           "https://shop example",
                           "https://shop.example?x",
                           "https://shop.example#x",
                           "http://[::1",
                           "http://[]",
                           "ht tp://shop.example",
                           "1http://shop.example",
                           "https://a.example,https://b.example"}) {
    EXPECT_EQ(canonical_origin(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace adbacus
