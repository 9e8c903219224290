#include "http/destination.hpp"

#include <gtest/gtest.h>
#include <vector>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"

namespace adbacus::http {
namespace {

TEST(Destination, IsHttpWithAPlainHost) {
  for (const char* good :
       {"https://shop.example", "HTTPS://Shop.Example/a?b=c#d", "http://shop.example:8080/x",
        "https://xn--bcher-kva.example/", "https://192.0.2.1/", "https://[2001:db8::1]:8443/x",
        "https://shop.example/a//b", "https://t.example/?u=https://shop.example/&c={click_id}",
        "https://a_b.example/%C3%BC"})
    EXPECT_TRUE(is_safe_destination(good)) << good;
}

TEST(Destination, IsNothingThatABrowserReadsDifferently) {
  for (const char* bad : {"",
                          "//evil",
                          "/evil",
                          "https:evil",
                          "https:/evil",
                          "https:///evil",
                          "https:\\\\evil",
                          "\\evil",
                          "\\\\evil",
                          "https://\\evil",
                          "https://shop.example\\@evil",
                          "javascript:alert(1)",
                          "JaVaScRiPt://shop.example/%0aalert(1)",
                          "data:text/html,x",
                          "ftp://shop.example",
                          "https://user@evil",
                          "https://shop.example:pw@evil/",
                          "https://shop.example@evil/",
                          "https://shop.example\r\nSet-Cookie: a=b",
                          "https://shop.example/%0d%0aX",
                          "https://s/%0A",
                          "https://s/%00",
                          "https://shop.example//evil.example",
                          "https://",
                          "https://?x",
                          "https://#x",
                          "https://.example",
                          "https://shop..example",
                          "https://:80/",
                          "https://s:",
                          "https://s:99999999/",
                          "https://s:8x/",
                          "https://s .example/",
                          " https://s/",
                          "https://s/\t",
                          "https://b\xc3\xbc"
                          "cher.example/",
                          "https://shop.example%2eevil/",
                          "https://s%00.example/",
                          "https://[::1",
                          "https://[evil]/",
                          "https://shop.example/\"",
                          "https://shop.example/\xe2\x80\xae"})
    EXPECT_FALSE(is_safe_destination(bad)) << bad;
  EXPECT_FALSE(is_safe_destination("https://s/" + std::string(2'048, 'x')));
}

TEST(Destination, ComparesDomainsByWholeLabels) {
  const std::vector<std::string> domains{"shop.example", "b.test"};
  for (const char* in : {"https://shop.example/", "https://SHOP.example:80/",
                         "https://a.shop.example", "https://shop.example./x", "http://b.test"})
    EXPECT_TRUE(is_in_domains(destination_host(in), domains)) << in;
  for (const char* out : {"https://evilshop.example/", "https://shop.example.evil/",
                          "https://example/", "https://xb.test", "https://xn--shop-xyz.example/"})
    EXPECT_FALSE(is_in_domains(destination_host(out), domains)) << out;
  EXPECT_FALSE(is_in_domains("shop.example", {}));
}

TEST(Destination, WritesTheRestOfUnicodeAsBrowsersDo) {
  EXPECT_EQ(ascii_url("https://s/k\xc3\xbc"
                      "che?a=b"),
            "https://s/k%C3%BCche?a=b");
  EXPECT_FALSE(
      is_safe_destination(ascii_url("https://b\xc3\xbc"
                                    "cher.example/")));
}

// What is safe has a host that the list of allowed characters knows, right behind its scheme.
TEST(Destination, NeverTakesAnotherHostThanTheOneBehindTheScheme) {
  Rng rng(test_seed());
  static constexpr std::string_view kBytes = "htps:/\\@.?#%0dae[]:1 \r\n\xc3\xbc-_";
  int safe = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string url = rng.below(2) == 0 ? "https://" : "http:/";
    for (std::uint64_t left = rng.below(14); left > 0; --left)
      url += kBytes[rng.below(kBytes.size())];
    if (!is_safe_destination(url)) continue;
    ++safe;
    const std::size_t begin = url.find("://") + 3;
    const std::string authority = url.substr(begin, url.find_first_of("/?#", begin) - begin);
    EXPECT_EQ(authority.find_first_of("\\@ \r\n%"), std::string::npos) << url;
    EXPECT_FALSE(authority.empty()) << url;
    EXPECT_EQ(url.find_first_of("\\ \r\n"), std::string::npos) << url;
  }
  EXPECT_GT(safe, 100);
}

}  // namespace
}  // namespace adbacus::http
