#include "decision/web_address.hpp"

#include <gtest/gtest.h>

namespace adbacus {
namespace {

TEST(WebAddress, HasHostAndPath) {
  struct Case {
    const char* url;
    const char* host;
    const char* path;
  };
  for (const Case& one : {Case{"https://News.Example/a/b?c=d", "news.example", "/a/b"},
                          {"http://news.example", "news.example", "/"},
                          {"http://news.example:8080/", "news.example", "/"},
                          {"http://u:p@news.example#top", "news.example", "/"},
                          {"http://[::1]:80/x", "[::1]", "/x"},
                          {"http://[::1]/x", "[::1]", "/x"},
                          {"news.example/a", "", ""},
                          {"", "", ""},
                          {"://", "", "/"}}) {
    const WebAddress found = web_address(one.url);
    EXPECT_EQ(found.host, one.host) << one.url;
    EXPECT_EQ(found.path, one.path) << one.url;
  }
}

}  // namespace
}  // namespace adbacus
